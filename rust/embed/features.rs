//! Words to hashed features: the word itself and the runs of three to five characters of the word between two spaces.

use xxhash_rust::xxh3::xxh3_64;

use super::counter::Counter;
use super::words::{MAX_WORD_LENGTH, fold, is_word_character};

/// Characters in a run.
const RUN_LENGTHS: [usize; 3] = [3, 4, 5];

/// Features of one text after another; the buffers are kept from text to text.
#[derive(Default)]
pub(super) struct Features {
    folded: String,
    word: Word,
    counter: Counter,
}

impl Features {
    /// Reads a text: every feature once, in any order, with the number of times it occurs.
    pub(super) fn read(&mut self, text: &str) -> impl Iterator<Item = (u64, usize)> {
        self.counter.clear();
        fold(text, &mut self.folded);
        for character in self.folded.chars() {
            if !is_word_character(character) {
                self.word.finish(&mut self.counter);
                continue;
            }
            if self.word.length() == MAX_WORD_LENGTH {
                self.word.finish(&mut self.counter);
            }
            self.word.push(character);
        }
        self.word.finish(&mut self.counter);
        self.counter.counts()
    }
}

/// A word under construction: a spare byte, a space, the word, and once it is finished a space and zeros. A feature is a
/// run of its bytes, with the byte before replaced by the letter of its kind.
struct Word {
    bytes: Vec<u8>,
    /// Where the characters start: the first space, then those of the word.
    starts: Vec<usize>,
}

impl Default for Word {
    fn default() -> Self {
        Self { bytes: b"  ".to_vec(), starts: vec![1] }
    }
}

impl Word {
    fn length(&self) -> usize {
        self.starts.len() - 1
    }

    fn push(&mut self, character: char) {
        self.starts.push(self.bytes.len());
        let mut buffer = [0; 4];
        self.bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    }

    /// Hashes the features of the word, if there is one, and starts the next.
    fn finish(&mut self, counter: &mut Counter) {
        if self.length() == 0 {
            return;
        }
        let end = self.bytes.len();
        self.starts.extend([end, end + 1]);
        self.bytes.extend([b' ', 0, 0, 0, 0]);
        counter.add(hash(b'w', self.bytes.get_mut(1..end).unwrap_or_default()));
        if self.starts.len() == end + 1 {
            self.hash_single_byte_runs(counter);
        } else {
            self.hash_runs(counter);
        }
        self.bytes.truncate(2);
        self.starts.truncate(1);
    }

    /// The runs of any word.
    fn hash_runs(&mut self, counter: &mut Counter) {
        for first in 0..self.starts.len() {
            for length in RUN_LENGTHS {
                if let (Some(start), Some(end)) = (self.starts.get(first), self.starts.get(first + length)) {
                    counter.add(hash(b'c', self.bytes.get_mut(start - 1..*end).unwrap_or_default()));
                }
            }
        }
    }

    /// The same for characters of one byte each, where all runs that start at one place fit a register.
    #[expect(clippy::indexing_slicing, reason = "constant lengths below eight")]
    fn hash_single_byte_runs(&self, counter: &mut Counter) {
        let runs = self.bytes.windows(size_of::<u64>() - 1).skip(1);
        let characters = self.starts.len() - 1;
        for (window, left) in runs.zip((RUN_LENGTHS[0]..=characters).rev()) {
            let mut feature = [b'c'; size_of::<u64>()];
            feature[1..].copy_from_slice(window);
            counter.add(xxh3_64(&feature[..=RUN_LENGTHS[0]]));
            if left >= RUN_LENGTHS[1] {
                counter.add(xxh3_64(&feature[..=RUN_LENGTHS[1]]));
            }
            if left >= RUN_LENGTHS[2] {
                counter.add(xxh3_64(&feature[..=RUN_LENGTHS[2]]));
            }
        }
    }
}

/// XXH3-64 of a feature, whose first byte is replaced by its kind for that long.
fn hash(kind: u8, feature: &mut [u8]) -> u64 {
    let Some(first) = feature.first_mut() else { return 0 };
    let kept = std::mem::replace(first, kind);
    let hash = xxh3_64(feature);
    if let Some(first) = feature.first_mut() {
        *first = kept;
    }
    hash
}
