//! hash-v1: text to vectors by hashed words and character runs, without weights, exact in integers, for every script.

mod counter;
mod features;
mod words;

use std::fmt;

use features::Features;

/// Entries of a table of inverse document frequencies: one for each value of a feature's upper twenty bits.
pub const TABLE_SIZE: usize = 1 << 20;
/// The upper twenty bits of a hash are its place in the table.
const TABLE_SHIFT: u32 = 64 - 20;
/// One, in the fixed-point numbers of weights.
const UNIT: f64 = 1024.0;
/// Inverse document frequency of every feature where no table was fitted.
const UNFITTED: i64 = 1024;
/// Positions that each feature adds to.
const POSITIONS: usize = 4;
/// Dimensions of a vector at most; 1,024 is the default.
pub const MAX_DIMENSIONS: usize = 1 << 16;
/// Bytes of a text at most, so that its sums stay below 2^63. `MediaWiki` allows pages of 2 MiB (`$wgMaxArticleSize`).
pub const MAX_TEXT_BYTES: usize = 64 << 20;
/// Term frequencies whose weight is computed beforehand.
const KNOWN_WEIGHTS: usize = 256;

/// The versions of Unicode behind each step: a character that one of them does not know yet, or knows otherwise, may get
/// other features under another version.
#[must_use]
pub fn unicode_versions() -> [(&'static str, String); 3] {
    let text = |(major, minor, patch): (u64, u64, u64)| format!("{major}.{minor}.{patch}");
    let wide = |(major, minor, patch): (u8, u8, u8)| text((major.into(), minor.into(), patch.into()));
    [
        ("normalization", wide(unicode_normalization::UNICODE_VERSION)),
        ("categories", text(unicode_properties::UNICODE_VERSION)),
        ("lowercase", wide(char::UNICODE_VERSION)),
    ]
}

/// Why texts were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmbedError {
    /// Not between one and [`MAX_DIMENSIONS`].
    Dimensions { dimensions: usize },
    /// Not [`TABLE_SIZE`] entries.
    Table { entries: usize },
    /// More than [`MAX_TEXT_BYTES`].
    Text { row: usize, bytes: usize },
}

impl fmt::Display for EmbedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dimensions { dimensions } => {
                write!(formatter, "dimensions must be between 1 and {MAX_DIMENSIONS}, not: {dimensions}")
            }
            Self::Table { entries } => write!(formatter, "a frequency table has {TABLE_SIZE} entries, not: {entries}"),
            Self::Text { row, bytes } => {
                write!(formatter, "text longer than {MAX_TEXT_BYTES} bytes at row {row}: {bytes}")
            }
        }
    }
}

impl std::error::Error for EmbedError {}

/// The vectors of texts, one after another: unit length, or all zeros where a text is missing or has no word.
///
/// A feature that occurs `t` times weighs `round(1024 (1 + ln t))` times its entry in `table` (1024 without a table) and
/// adds that, with a sign, at four positions. Sums are exact integers, so neither order nor platform can change a bit.
///
/// # Errors
/// See [`EmbedError`].
pub fn embed(
    texts: &[Option<&str>],
    dimensions: usize,
    table: Option<&[u16]>,
    threads: usize,
) -> Result<Vec<f32>, EmbedError> {
    if !(1..=MAX_DIMENSIONS).contains(&dimensions) {
        return Err(EmbedError::Dimensions { dimensions });
    }
    if let Some(table) = table {
        check_table(table.len())?;
    }
    check_texts(texts)?;
    let mut vectors = vec![0.0; texts.len() * dimensions];
    let part_rows = texts.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let mut parts = texts.chunks(part_rows).zip(vectors.chunks_mut(part_rows * dimensions));
        let here = parts.next();
        for (texts, vectors) in parts {
            scope.spawn(move || embed_part(texts, dimensions, table, vectors));
        }
        if let Some((texts, vectors)) = here {
            embed_part(texts, dimensions, table, vectors);
        }
    });
    Ok(vectors)
}

/// In how many texts a feature with these upper twenty bits occurs, for each of them; [`TABLE_SIZE`] counts.
///
/// Counts of several batches are added up. Missing texts are no documents.
///
/// # Errors
/// `Text` if one is too long.
pub fn document_frequencies(texts: &[Option<&str>], threads: usize) -> Result<Vec<u32>, EmbedError> {
    check_texts(texts)?;
    let part_rows = texts.len().div_ceil(threads.max(1)).max(1);
    let counts = std::thread::scope(|scope| {
        let mut parts = texts.chunks(part_rows);
        let here = parts.next();
        let others: Vec<_> = parts.map(|texts| scope.spawn(move || count_part(texts))).collect();
        let mut counts = count_part(here.unwrap_or_default());
        for other in others {
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (count, more) in counts.iter_mut().zip(other) {
                *count = count.saturating_add(more);
            }
        }
        counts
    });
    Ok(counts)
}

/// The fitted table: `round(1024 (ln((n + 1) / (f + 1)) + 1))` for `n` documents and each frequency `f`.
///
/// # Errors
/// `Table` unless there are [`TABLE_SIZE`] frequencies.
pub fn fit_table(frequencies: &[u32], documents: u32) -> Result<Vec<u16>, EmbedError> {
    check_table(frequencies.len())?;
    let documents = f64::from(documents) + 1.0;
    Ok(frequencies.iter().map(|frequency| rounded((documents / (f64::from(*frequency) + 1.0)).ln() + 1.0)).collect())
}

/// `round(1024 value)` within sixteen bits. The largest entry, for 2^32 documents, is 23,737.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, here at 0 and 65535"
)]
fn rounded(value: f64) -> u16 {
    (UNIT * value).round() as u16
}

fn check_table(entries: usize) -> Result<(), EmbedError> {
    if entries == TABLE_SIZE { Ok(()) } else { Err(EmbedError::Table { entries }) }
}

fn check_texts(texts: &[Option<&str>]) -> Result<(), EmbedError> {
    let mut lengths = texts.iter().map(|text| text.map_or(0, str::len)).enumerate();
    match lengths.find(|(_, bytes)| *bytes > MAX_TEXT_BYTES) {
        Some((row, bytes)) => Err(EmbedError::Text { row, bytes }),
        None => Ok(()),
    }
}

fn count_part(texts: &[Option<&str>]) -> Vec<u32> {
    let mut counts = vec![0u32; TABLE_SIZE];
    let mut features = Features::default();
    let mut places = Vec::new();
    for text in texts.iter().flatten() {
        places.clear();
        places.extend(features.read(text).map(|(hash, _)| table_place(hash)));
        places.sort_unstable();
        places.dedup(); // features that share a place count the text once
        for place in &places {
            if let Some(count) = counts.get_mut(*place) {
                *count = count.saturating_add(1);
            }
        }
    }
    counts
}

fn embed_part(texts: &[Option<&str>], dimensions: usize, table: Option<&[u16]>, vectors: &mut [f32]) {
    let mut features = Features::default();
    let known: Vec<i64> = (0..KNOWN_WEIGHTS).map(term_weight).collect();
    let mut sums = vec![0i64; dimensions];
    let mut weighted = Vec::new();
    for (text, vector) in texts.iter().zip(vectors.chunks_exact_mut(dimensions)) {
        // Weights first: the table is larger than the second-level cache, and a loop of look-ups alone has many under way.
        weighted.clear();
        weighted.extend(features.read(text.unwrap_or_default()).map(|(hash, frequency)| {
            let inverse =
                table.and_then(|table| table.get(table_place(hash))).map_or(UNFITTED, |entry| i64::from(*entry));
            let weight = known.get(frequency).copied().unwrap_or_else(|| term_weight(frequency));
            (hash, weight * inverse)
        }));
        sums.fill(0);
        for (hash, weight) in &weighted {
            scatter(&mut sums, *hash, *weight);
        }
        normalise(&sums, vector);
    }
}

fn table_place(hash: u64) -> usize {
    (hash >> TABLE_SHIFT) as usize
}

/// `round(1024 (1 + ln t))`. For every `t` below 2^26 the value lies at least 1.5e-9 from a half, and the logarithm of
/// any mathematical library is off by less than 1e-11: the integer is the same everywhere.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a count of at most 2^30 or so")]
fn term_weight(frequency: usize) -> i64 {
    (UNIT * (1.0 + (frequency as f64).ln())).round() as i64
}

/// Adds the weight at four positions with four signs, both drawn from the hash by `SplitMix64` (Steele, Lea, Flood 2014).
fn scatter(sums: &mut [i64], hash: u64, weight: i64) {
    let dimensions = sums.len() as u64;
    let mut state = hash;
    for _ in 0..POSITIONS {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let position = ((z >> 32) * dimensions) >> 32;
        if let Some(sum) = sums.get_mut(position as usize) {
            let negative = i64::from(z & 1 == 1) - 1; // all ones for an even number; a branch is mispredicted half the time
            *sum += (weight ^ negative) - negative;
        }
    }
}

/// Divides by the length, which is exact until it becomes an `f64`; sums that all cancel leave the zeros in place.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the three roundings of the definition"
)]
fn normalise(sums: &[i64], vector: &mut [f32]) {
    let square: i128 = sums.iter().map(|sum| i128::from(*sum) * i128::from(*sum)).sum();
    let length = (square as f64).sqrt();
    if length > 0.0 {
        for (value, sum) in vector.iter_mut().zip(sums) {
            *value = (*sum as f64 / length) as f32;
        }
    }
}

#[cfg(test)]
#[path = "embed/tests.rs"]
mod tests;
