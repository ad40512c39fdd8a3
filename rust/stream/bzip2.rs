//! bzip2: any number of streams, each of which is a place to start from.

use bzip2::{Decompress, Status};

use super::codec::{Begin, Codec, Damage, Step};
use super::sniff;

/// Behind the header of a stream without blocks: the end mark and the combined checksum of nothing.
const EMPTY: &[u8] = b"\x17\x72\x45\x38\x50\x90\0\0\0\0";
const HEADER_BYTES: usize = 4;

#[derive(Default)]
pub(super) struct Bzip2 {
    decoder: Option<Decompress>,
}

impl Codec for Bzip2 {
    fn begin(&mut self, head: &[u8]) -> Result<Begin, Damage> {
        if !sniff::is_bzip2(head) {
            return Ok(if b"BZh".starts_with(head) { Begin::Unsure } else { Begin::Other });
        }
        let behind = head.get(HEADER_BYTES..).unwrap_or_default();
        if behind.starts_with(EMPTY) {
            return Ok(Begin::Empty(HEADER_BYTES + EMPTY.len()));
        }
        self.decoder = Some(Decompress::new(false));
        Ok(Begin::Stream(0))
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], _: bool) -> (Step, Option<Damage>) {
        let Some(decoder) = &mut self.decoder else {
            return (Step::default(), None);
        };
        let (taken, made) = (decoder.total_in(), decoder.total_out());
        let status = decoder.decompress(input, output);
        let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
        let (taken, made) = (count(decoder.total_in(), taken), count(decoder.total_out(), made));
        let damage = match status {
            Ok(Status::MemNeeded) => Some(Damage::Corrupt("out of memory".into())),
            Ok(_) => None,
            Err(_) => Some(Damage::Corrupt(String::new())),
        };
        (Step { taken, made, has_ended: matches!(status, Ok(Status::StreamEnd)) }, damage)
    }
}
