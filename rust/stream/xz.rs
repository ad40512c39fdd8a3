//! xz: any number of streams, with padding between them.

use lzma_rust2::XzStream;

use super::codec::{Begin, Codec, Damage, Step};
use super::limits::DICTIONARY_KIB;
use super::lzma;
use super::sniff::XZ_MAGIC;

/// Padding between streams is counted in words of four bytes.
const PADDING_BYTES: usize = 4;

#[derive(Default)]
pub(super) struct Xz {
    decoder: Option<XzStream>,
}

impl Codec for Xz {
    fn begin(&mut self, head: &[u8]) -> Result<Begin, Damage> {
        if head.starts_with(XZ_MAGIC) {
            self.decoder = Some(XzStream::new_mem_limit(false, DICTIONARY_KIB));
            return Ok(Begin::Stream(0));
        }
        let zeros = head.iter().take_while(|byte| **byte == 0).count();
        Ok(match zeros / PADDING_BYTES * PADDING_BYTES {
            0 if XZ_MAGIC.starts_with(head) => Begin::Unsure,
            0 => Begin::Other,
            padding => Begin::Padding(padding),
        })
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], is_end: bool) -> (Step, Option<Damage>) {
        match &mut self.decoder {
            Some(decoder) => lzma::step(decoder, input, output, is_end),
            None => (Step::default(), None),
        }
    }
}
