//! LZMA and LZMA2, raw and in the old lzma format.

use lzma_rust2::{Action, Lzma2Stream, LzmaStream, Status, StreamResult, XzStream};

use super::codec::{Begin, Codec, Damage, Step};
use super::limits::DICTIONARY_KIB;

/// The three decoders have one shape but no common name for it.
pub(super) trait Process: Send {
    fn totals(&self) -> (u64, u64);
    fn process(&mut self, input: &[u8], output: &mut [u8], action: Action) -> std::io::Result<StreamResult>;
}

macro_rules! process {
    ($($stream:ty),*) => {$(
        impl Process for $stream {
            fn totals(&self) -> (u64, u64) {
                (self.total_in(), self.total_out())
            }

            fn process(&mut self, input: &[u8], output: &mut [u8], action: Action) -> std::io::Result<StreamResult> {
                <$stream>::process(self, input, output, action)
            }
        }
    )*};
}

process!(LzmaStream, Lzma2Stream, XzStream);

/// One step of such a decoder.
pub(super) fn step(decoder: &mut dyn Process, input: &[u8], output: &mut [u8], is_end: bool) -> (Step, Option<Damage>) {
    let (total_in, total_out) = decoder.totals();
    let result = decoder.process(input, output, if is_end { Action::Finish } else { Action::Run });
    let (now_in, now_out) = decoder.totals();
    let count = |now: u64, before: u64| usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX);
    let mut step = Step { taken: count(now_in, total_in), made: count(now_out, total_out), has_ended: false };
    match result {
        Ok(result) => {
            step.has_ended = result.status == Status::StreamEnd;
            (step, None)
        }
        Err(error) => {
            let damage = match error.kind() {
                std::io::ErrorKind::UnexpectedEof => Damage::Truncated,
                std::io::ErrorKind::OutOfMemory => {
                    Damage::Limit(format!("a dictionary in KiB above the limit of: {DICTIONARY_KIB}"))
                }
                _ => Damage::Corrupt(error.to_string()),
            };
            (step, Some(damage))
        }
    }
}

/// The lzma format: one stream with a header of 13 bytes and no checksum.
#[derive(Default)]
pub(super) struct Lzma {
    decoder: Option<LzmaStream>,
}

impl Codec for Lzma {
    fn begin(&mut self, _: &[u8]) -> Result<Begin, Damage> {
        if self.decoder.is_some() {
            return Ok(Begin::Other);
        }
        self.decoder = Some(LzmaStream::new_mem_limit(DICTIONARY_KIB, None));
        Ok(Begin::Stream(0))
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], is_end: bool) -> (Step, Option<Damage>) {
        let Some(decoder) = &mut self.decoder else {
            return (Step::default(), None);
        };
        let (mut step, damage) = step(decoder, input, output, is_end);
        if step.has_ended {
            // It reads some bytes ahead. Those of an earlier window cannot be given back; only a warning would tell of them.
            step.taken = step.taken.saturating_sub(decoder.unused_input().len());
        }
        (step, damage)
    }
}
