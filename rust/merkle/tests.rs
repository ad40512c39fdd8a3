use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use super::frontier::{Subtree, combine, frontier};
use super::proof::{consistency_path, inclusion_path, verify_consistency, verify_inclusion};
use super::tiles::{TileBuilder, Tiles};
use super::tree::{Levels, hash, root};
use super::{Hash, MerkleError, empty_root, node_hash};
use crate::digest::sha256;

/// The definition of RFC 6962 section 2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let middle = naive_split(leaves.len());
            sha256(&[&[1], &naive_root(&leaves[..middle]), &naive_root(&leaves[middle..])])
        }
    }
}

fn naive_split(count: usize) -> usize {
    let mut split = 1;
    while split * 2 < count {
        split *= 2;
    }
    split
}

/// RFC 6962 section 2.1.1.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let middle = naive_split(leaves.len());
    let (mut path, sibling) = if index < middle {
        (naive_path(index, &leaves[..middle]), naive_root(&leaves[middle..]))
    } else {
        (naive_path(index - middle, &leaves[middle..]), naive_root(&leaves[..middle]))
    };
    path.push(sibling);
    path
}

/// RFC 6962 section 2.1.2: SUBPROOF(m, D[n], b).
fn naive_consistency(first: usize, leaves: &[Hash], is_known: bool) -> Vec<Hash> {
    if first == leaves.len() {
        return if is_known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let middle = naive_split(leaves.len());
    let (mut path, sibling) = if first <= middle {
        (naive_consistency(first, &leaves[..middle], is_known), naive_root(&leaves[middle..]))
    } else {
        (naive_consistency(first - middle, &leaves[middle..], false), naive_root(&leaves[..middle]))
    };
    path.push(sibling);
    path
}

fn numbered_leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| sha256(&[&[0], number.to_string().as_bytes()])).collect()
}

fn count(leaves: &[Hash]) -> u64 {
    leaves.len() as u64
}

#[test]
fn every_pair_up_to_130_agrees_with_the_recursion() {
    let all = numbered_leaves(130);
    for size in 0..=all.len() {
        let leaves = &all[..size];
        let levels = Levels::new(leaves);
        let want = naive_root(leaves);
        assert_eq!((root(leaves), levels.root()), (want, want), "root of {size}");
        for index in 0..size {
            let path = inclusion_path(&levels, index as u64).unwrap();
            assert_eq!(path, naive_path(index, leaves), "path {index} of {size}");
            verify_inclusion(&leaves[index], index as u64, count(leaves), &path, &want).unwrap();
        }
        for first in 1..=size {
            let path = consistency_path(&levels, first as u64).unwrap();
            assert_eq!(path, naive_consistency(first, leaves, true), "consistency {first} of {size}");
            verify_consistency(first as u64, count(leaves), &path, &naive_root(&all[..first]), &want).unwrap();
        }
        assert!(inclusion_path(&levels, size as u64).is_err());
        assert!(consistency_path(&levels, size as u64 + 1).is_err());
        assert!(consistency_path(&levels, 0).is_err());
    }
}

fn to_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[test]
fn golden_frontiers_join() {
    let leaves = numbered_leaves(13);
    let short = |tree: &Subtree| (tree.level, tree.index, to_hex(&tree.hash[..8]));
    let parts = [frontier(&leaves[..5], 0), frontier(&leaves[5..8], 5), frontier(&leaves[8..], 8)];
    let found: Vec<Vec<_>> = parts.iter().map(|part| part.subtrees().iter().map(short).collect()).collect();
    let want = [
        vec![(2, 0, "9f4a3fc20d4162dc"), (0, 4, "11e1f558223f4c71")],
        vec![(0, 5, "53304f5e3fd4bcd2"), (1, 3, "f384a00ff1483ad1")],
        vec![(2, 2, "5b663a362601be3f"), (0, 12, "14d7ff06c97daecf")],
    ];
    let want: Vec<Vec<_>> = want
        .iter()
        .map(|part| part.iter().map(|(level, index, hash)| (*level, *index, (*hash).to_owned())).collect())
        .collect();
    assert_eq!(found, want);
    let (size, joined) = combine(parts.iter().flat_map(|part| part.subtrees().to_vec())).unwrap();
    assert_eq!(
        (size, to_hex(&joined).as_str()),
        (13, "2520e1f2087a43eef012fea4774dc1568c8710a9cfa7f7e5094725f9e7ea19a2")
    );
    let gap = combine(parts[1..].iter().flat_map(|part| part.subtrees().to_vec()));
    assert_eq!(gap, Err(MerkleError::FrontierGap { index: 0 }));
    let huge = Subtree { level: 63, index: 0, hash: [0; 32] };
    assert!(combine([huge]).is_err());
    assert!(combine([Subtree { level: 200, ..huge }]).is_err());
    assert_eq!(combine([]), Ok((0, empty_root())));
}

fn builder(leaves: &[Hash]) -> TileBuilder {
    let mut builder = TileBuilder::default();
    for leaf in leaves {
        builder.push(*leaf);
    }
    builder
}

/// The windows that a path needs: the tile of the leaf and the last one.
fn windows(leaves: &[Hash], index: usize) -> Vec<(u64, &[Hash])> {
    let tile = |place: usize| {
        let start = place / 256 * 256;
        (start as u64, &leaves[start..leaves.len().min(start + 256)])
    };
    vec![tile(index), tile(leaves.len())]
}

#[test]
fn tiles_give_the_same_roots_and_paths() {
    let all = numbered_leaves(66_100);
    let levels = Levels::new(&all);
    for size in [1, 2, 255, 256, 257, 300, 511, 512, 513, 65_535, 65_536, 65_537, 65_792, 66_100] {
        let leaves = &all[..size];
        let pack = builder(leaves).pack();
        assert_eq!(pack.len(), 16 + 32 * (size / 256 + size / 65_536), "size {size}");
        let own = Levels::new(leaves);
        for index in [0, size / 3, size / 2, size.saturating_sub(257), size - 1] {
            let tiles = Tiles::open(&pack, windows(leaves, index)).unwrap();
            assert_eq!(tiles.root().unwrap(), own.root(), "root of {size}");
            let want = inclusion_path(&own, index as u64).unwrap();
            assert_eq!(tiles.inclusion_path(index as u64).unwrap(), want, "path {index} of {size}");
        }
        assert!(Tiles::open(&pack, Vec::new()).unwrap().inclusion_path(size as u64).is_err());
        assert!(Tiles::open(&pack[..pack.len() - 1], Vec::new()).is_err());
        assert!(Tiles::open(&[&pack[..], &[0]].concat(), Vec::new()).is_err());
    }
    assert_eq!(builder(&all).root(), levels.root());
    let pack = builder(&all).pack();
    let bare = Tiles::open(&pack, Vec::new()).unwrap();
    assert!(matches!(bare.inclusion_path(5), Err(MerkleError::LeafMissing { .. })));
    assert_eq!(pack[16..48], naive_root(&all[..256]), "first hash of tile level 1");
    assert_eq!(pack[pack.len() - 32..], naive_root(&all[..65_536]), "hash of tile level 2");
}

#[test]
fn own_forgeries_are_refused() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/proofs/forgeries.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    for vector in vectors["inclusion"].as_array().unwrap() {
        let result = check_inclusion(&Case(vector));
        assert_eq!(name(result), vector["want_error"].as_str().map(str::to_owned), "{}", vector["name"]);
    }
    for vector in vectors["consistency"].as_array().unwrap() {
        let result = check_consistency(&Case(vector));
        assert_eq!(name(result), vector["want_error"].as_str().map(str::to_owned), "{}", vector["name"]);
    }
}

/// The error's name without its numbers.
fn name(result: Result<(), MerkleError>) -> Option<String> {
    result.err().map(|error| format!("{error:?}").split(' ').next().unwrap_or_default().to_owned())
}

struct Case<'a>(&'a Value);

impl Case<'_> {
    fn number(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap()
    }

    fn hash(&self, name: &str) -> Result<Hash, MerkleError> {
        hash(&base64(self.0[name].as_str().unwrap()))
    }

    fn path(&self) -> Result<Vec<Hash>, MerkleError> {
        let path = self.0["proof"].as_array().cloned().unwrap_or_default();
        path.iter().map(|entry| hash(&base64(entry.as_str().unwrap()))).collect()
    }
}

fn check_inclusion(case: &Case<'_>) -> Result<(), MerkleError> {
    let (leaf, root) = (case.hash("leafHash")?, case.hash("root")?);
    verify_inclusion(&leaf, case.number("leafIdx"), case.number("treeSize"), &case.path()?, &root)
}

fn check_consistency(case: &Case<'_>) -> Result<(), MerkleError> {
    let (first, second) = (case.hash("root1")?, case.hash("root2")?);
    verify_consistency(case.number("size1"), case.number("size2"), &case.path()?, &first, &second)
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |character: u8| match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|character| *character != b'=').map(digit).collect();
    let bits = |place: usize| {
        (0..8).fold(0, |byte, bit| {
            let at = place * 8 + bit;
            byte << 1 | (digits[at / 6] >> (5 - at % 6)) & 1
        })
    };
    (0..digits.len() * 6 / 8).map(bits).collect()
}

fn json_files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// The vectors of transparency-dev/merkle; nothing to do where they are not installed.
#[test]
fn public_vectors_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/merkle/testdata");
    if !folder.is_dir() {
        return;
    }
    for (part, want_count, check) in [
        ("inclusion", 98, check_inclusion as fn(&Case<'_>) -> Result<(), MerkleError>),
        ("consistency", 98, check_consistency),
    ] {
        let mut files = Vec::new();
        json_files(&folder.join(part), &mut files);
        assert_eq!(files.len(), want_count);
        for file in files {
            let vector: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let result = check(&Case(&vector));
            if file.ends_with("additional/sizes-are-equal-one-and-proof-is-empty.json") {
                // Its roots are the words "don't care 1": equal, but no hashes, so the strict verifier refuses them.
                assert_eq!(result, Err(MerkleError::HashLength { bytes: 12 }));
                continue;
            }
            assert_eq!(result.is_err(), vector["wantErr"].as_bool().unwrap(), "{}: {result:?}", file.display());
        }
    }
}

#[test]
fn rfc6962_roots_agree() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/rfc6962/roots.json");
    let Ok(text) = std::fs::read_to_string(file) else {
        return;
    };
    let vector: Value = serde_json::from_str(&text).unwrap();
    let unhex = |value: &Value| -> Vec<u8> {
        let text = value.as_str().unwrap();
        (0..text.len()).step_by(2).map(|place| u8::from_str_radix(&text[place..place + 2], 16).unwrap()).collect()
    };
    let inputs: Vec<_> = vector["leaf_inputs_hex"].as_array().unwrap().iter().map(unhex).collect();
    let leaves: Vec<Hash> = crate::leaf::leaves::leaf_hashes(inputs.iter().map(|input| &input[..]));
    for (leaf, want) in leaves.iter().zip(vector["leaf_hashes_hex"].as_array().unwrap()) {
        assert_eq!(leaf.to_vec(), unhex(want));
    }
    for (size, want) in vector["root_by_tree_size_hex"].as_array().unwrap().iter().enumerate() {
        assert_eq!(root(&leaves[..size]).to_vec(), unhex(want), "bulk, size {size}");
        assert_eq!(builder(&leaves[..size]).root().to_vec(), unhex(want), "one by one, size {size}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_cut_joins_to_the_same_root(size in 0usize..600, cuts in proptest::collection::vec(0usize..600, 0..8)) {
        let leaves = numbered_leaves(size);
        let mut cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut <= size).chain([0, size]).collect();
        cuts.sort_unstable();
        let parts = cuts.windows(2).flat_map(|cut| frontier(&leaves[cut[0]..cut[1]], cut[0] as u64).subtrees().to_vec());
        prop_assert_eq!(combine(parts), Ok((size as u64, naive_root(&leaves))));
    }

    #[test]
    fn a_changed_proof_fails(size in 2usize..400, index: prop::sample::Index, place: prop::sample::Index, bit in 0usize..256) {
        let leaves = numbered_leaves(size);
        let levels = Levels::new(&leaves);
        let index = index.index(size);
        let mut path = inclusion_path(&levels, index as u64).unwrap();
        let changed = place.index(path.len());
        path[changed][bit / 8] ^= 1 << (bit % 8);
        let result = verify_inclusion(&leaves[index], index as u64, size as u64, &path, &levels.root());
        prop_assert_eq!(result, Err(MerkleError::RootMismatch));
    }
}

#[test]
fn node_hash_has_its_prefix() {
    assert_eq!(node_hash(&[2; 32], &[3; 32]), sha256(&[&[1], &[2; 32], &[3; 32]]));
}
