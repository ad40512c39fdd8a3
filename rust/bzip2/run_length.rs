//! The outer run lengths: four equal bytes are followed by a number of further ones.

use super::error::Fault;

const RUN: usize = 4;
const CHUNK: usize = 32;

/// Appends the text that a block stands for.
pub(super) fn undo(mut block: &[u8], text: &mut Vec<u8>) -> Result<(), Fault> {
    text.reserve(block.len());
    while let Some(start) = find_run(block) {
        let Some((bytes, rest)) = block.split_at_checked(start + RUN) else { break };
        let (Some((count, rest)), Some(byte)) = (rest.split_first(), bytes.last()) else {
            return Err(Fault::Corrupt("a block ends inside a run"));
        };
        text.extend_from_slice(bytes);
        text.resize(text.len() + usize::from(*count), *byte);
        block = rest;
    }
    text.extend_from_slice(block);
    Ok(())
}

/// The first place at which four equal bytes lie.
fn find_run(block: &[u8]) -> Option<usize> {
    let is_run = |window: &[u8]| matches!(window, [a, b, c, d] if a == b && b == c && c == d);
    let mut from = 0;
    while let Some(chunk) = block.get(from..).and_then(|rest| rest.first_chunk::<{ CHUNK + RUN - 1 }>()) {
        if has_run(chunk) {
            break;
        }
        from += CHUNK;
    }
    let mut windows = block.get(from..)?.windows(RUN);
    windows.position(is_run).map(|place| from + place)
}

/// Whether a run starts in the first 32 bytes; without a branch, so that it becomes vector instructions.
#[expect(clippy::indexing_slicing, reason = "constant bounds in an array of constant length")]
fn has_run(chunk: &[u8; CHUNK + RUN - 1]) -> bool {
    let mut found = 0;
    for at in 0..CHUNK {
        let differs = (chunk[at] ^ chunk[at + 1]) | (chunk[at] ^ chunk[at + 2]) | (chunk[at] ^ chunk[at + 3]);
        found |= u8::from(differs == 0);
    }
    found != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As libbz2 reads it: byte by byte.
    fn naive(block: &[u8]) -> Option<Vec<u8>> {
        let (mut text, mut run) = (Vec::new(), 0);
        for byte in block {
            if run == RUN {
                text.extend(std::iter::repeat_n(*text.last()?, usize::from(*byte)));
                run = 0;
            } else {
                run = if run > 0 && text.last() == Some(byte) { run + 1 } else { 1 };
                text.push(*byte);
            }
        }
        (run < RUN).then_some(text)
    }

    proptest! {
        #[test]
        fn reads_as_a_loop_over_bytes(block in proptest::collection::vec(prop_oneof![9 => 0u8..2, 1 => any::<u8>()], 0..200)) {
            let mut text = Vec::new();
            let result = undo(&block, &mut text);
            prop_assert_eq!(result.ok().map(|()| text), naive(&block));
        }
    }
}
