use super::*;
use proptest::prelude::*;

/// The score rule in plain words: lane by lane, then the tree.
fn naive_score(row: &[f32], query: &[f32]) -> f32 {
    let mut lanes = [0f32; 16];
    for index in 0..row.len().div_ceil(16) * 16 {
        let value = |vector: &[f32]| vector.get(index).copied().unwrap_or(0.0);
        lanes[index % 16] = value(row).mul_add(value(query), lanes[index % 16]);
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    lanes[0] + 0.0
}

fn naive_top_k(rows: Matrix<'_>, queries: Matrix<'_>, k: usize) -> Neighbours {
    let width = k.min(rows.count());
    let mut found = Neighbours { width, indices: Vec::new(), scores: Vec::new() };
    for query in queries.vectors() {
        let mut order: Vec<(f32, i64)> = rows.vectors().map(|row| naive_score(row, query)).zip(0..).collect();
        order.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        for (score, row) in order.into_iter().take(width) {
            found.scores.push(score);
            found.indices.push(row);
        }
    }
    found
}

fn bits(found: &Neighbours) -> (usize, &[i64], Vec<u32>) {
    (found.width, &found.indices, found.scores.iter().map(|score| score.to_bits()).collect())
}

/// Few distinct values, so that ties are common; tiny ones, so that products underflow to either zero.
fn component() -> impl Strategy<Value = f32> {
    prop_oneof![4 => (-3i8..=3).prop_map(f32::from), 1 => Just(-0.0), 1 => Just(1e-30), 1 => Just(-1e-30), 2 => -1f32..1.0]
}

fn matrices() -> impl Strategy<Value = (usize, Vec<f32>, Vec<f32>)> {
    (1usize..50, 0usize..300, 0usize..15).prop_flat_map(|(dimensions, rows, queries)| {
        let vectors = |count: usize| proptest::collection::vec(component(), count * dimensions);
        (Just(dimensions), vectors(rows), vectors(queries))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_kernel_and_thread_count_agrees_with_sorting(
        (dimensions, rows, queries) in matrices(), k in 0usize..320, threads in 1usize..5,
    ) {
        let (rows, queries) = (Matrix::new(&rows, dimensions).unwrap(), Matrix::new(&queries, dimensions).unwrap());
        let want = naive_top_k(rows, queries, k);
        for kernel in Kernel::runnable() {
            let found = top_k_with(kernel, rows, queries, k, threads).unwrap();
            prop_assert_eq!(bits(&found), bits(&want), "{:?}", kernel);
        }
    }

    #[test]
    fn unaligned_vectors_have_the_same_scores(values in proptest::collection::vec(component(), 2..200), shift in 0usize..4) {
        let half = values.len() / 2;
        let mut moved = vec![0.0; shift];
        moved.extend_from_slice(&values);
        let want = naive_score(&values[..half], &values[half..2 * half]);
        let score = dot(&moved[shift..shift + half], &moved[shift + half..]);
        prop_assert_eq!(score.to_bits(), want.to_bits());
    }
}

#[test]
fn scores_are_dots() {
    let rows: Vec<f32> = (0u16..7 * 35).map(|value| (f32::from(value) * 0.37).sin()).collect();
    let query: Vec<f32> = (0u16..35).map(|value| (f32::from(value) * 0.91).cos()).collect();
    let mut out = [9.0; 8];
    scores(&rows, &query, &mut out[..7]);
    for (row, score) in rows.chunks_exact(35).zip(out) {
        assert_eq!(score.to_bits(), naive_score(row, &query).to_bits());
    }
    scores(&rows[35..], &query, &mut out); // one row less than places
    assert_eq!(out[5].to_bits(), naive_score(&rows[6 * 35..], &query).to_bits());
    assert_eq!(out[7].to_bits(), 9f32.to_bits(), "left as it was");
}

#[test]
fn zero_has_one_sign() {
    assert_eq!(dot(&[-1e-30], &[1e-30]).to_bits(), 0, "a product that underflows to -0");
    assert_eq!(dot(&[], &[]).to_bits(), 0);
}

#[test]
fn the_smallest_bad_row_is_named_whatever_the_threads() {
    let dimensions = 5;
    let clean: Vec<f32> = (0u16..3000).map(|value| f32::from(value % 7)).collect();
    for (bad, value) in [(0, f32::NAN), (131, f32::INFINITY), (599, f32::NEG_INFINITY)] {
        let mut rows = clean.clone();
        rows[bad * dimensions + 3] = value;
        rows[599 * dimensions] = f32::NAN;
        for threads in [1, 2, 4, 100] {
            for query in [[0.0; 5], [1.0, -1.0, 2.0, 0.0, 0.5]] {
                let found = top_k(Matrix::new(&rows, 5).unwrap(), Matrix::new(&query, 5).unwrap(), 3, threads);
                assert_eq!(found, Err(TopKError::NotFinite { side: Side::Row, index: bad }), "{threads} threads");
            }
        }
        let checked = check(Matrix::new(&rows, 5).unwrap(), Side::Row);
        assert_eq!(checked, Err(TopKError::NotFinite { side: Side::Row, index: bad }));
    }
}

#[test]
fn what_overflows_is_refused() {
    let long = [1.0, 0.0, 3e38, 3e38];
    let long = Matrix::new(&long, 2).unwrap();
    let one = Matrix::new(&[1.0, 1.0], 2).unwrap();
    assert_eq!(check(long, Side::Row), Err(TopKError::Overflow { side: Side::Row, index: 1 }));
    assert_eq!(top_k(long, one, 1, 1), Err(TopKError::Overflow { side: Side::Row, index: 1 }));
    assert_eq!(top_k(one, long, 1, 1), Err(TopKError::Overflow { side: Side::Query, index: 1 }));
    let nan = Matrix::new(&[f32::NAN, 1.0], 2).unwrap();
    assert_eq!(top_k(one, nan, 1, 1), Err(TopKError::NotFinite { side: Side::Query, index: 0 }));
}

#[test]
fn shapes_are_checked() {
    assert_eq!(Matrix::new(&[1.0; 5], 2).unwrap_err(), TopKError::Shape { values: 5, dimensions: 2 });
    assert_eq!(Matrix::new(&[], 0).unwrap_err(), TopKError::Shape { values: 0, dimensions: 0 });
    let (two, three) = (Matrix::new(&[1.0; 6], 2).unwrap(), Matrix::new(&[1.0; 6], 3).unwrap());
    assert_eq!(top_k(two, three, 1, 1), Err(TopKError::Dimensions { rows: 2, queries: 3 }));
    let none = Matrix::new(&[], 2).unwrap();
    assert_eq!(top_k(none, two, 4, 2), Ok(Neighbours { width: 0, indices: vec![], scores: vec![] }));
}
