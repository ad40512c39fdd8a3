//! Zstandard (RFC 8878): any number of frames, skippable ones among them.

use std::io;

use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::codec::{Begin, Codec, Damage, Step};
use super::limits::ZSTD_WINDOW_LOG;
use super::sniff;

const MAGIC_BYTES: usize = 4;

pub(super) struct Zstd {
    decoder: Decoder<'static>,
}

impl Zstd {
    pub(super) fn new() -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
        Ok(Self { decoder })
    }
}

impl Codec for Zstd {
    fn begin(&mut self, head: &[u8]) -> Result<Begin, Damage> {
        if sniff::is_zstd(head) {
            self.decoder.reinit().map_err(|error| damage(&error))?;
            return Ok(Begin::Stream(0));
        }
        let may_follow = head.len() < MAGIC_BYTES && {
            let mut magic = head.to_vec();
            magic.extend_from_slice([0x28u8, 0xb5, 0x2f, 0xfd].get(head.len()..).unwrap_or_default());
            let mut skippable = head.to_vec();
            skippable.extend_from_slice([0x50u8, 0x2a, 0x4d, 0x18].get(head.len()..).unwrap_or_default());
            sniff::is_zstd(&magic) || sniff::is_zstd(&skippable)
        };
        Ok(if may_follow { Begin::Unsure } else { Begin::Other })
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], _: bool) -> (Step, Option<Damage>) {
        match self.decoder.run_on_buffers(input, output) {
            Ok(status) => {
                let step =
                    Step { taken: status.bytes_read, made: status.bytes_written, has_ended: status.remaining == 0 };
                (step, None)
            }
            Err(error) => (Step::default(), Some(damage(&error))),
        }
    }
}

fn damage(error: &io::Error) -> Damage {
    let detail = error.to_string();
    if detail.contains("memory") {
        return Damage::Limit(format!("a window above the limit of 2 to the power of: {ZSTD_WINDOW_LOG}"));
    }
    Damage::Corrupt(detail.to_lowercase())
}
