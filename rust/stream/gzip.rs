//! gzip (RFC 1952): any number of members, each with its checksum.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::codec::{Begin, Codec, Damage, Step};
use super::limits::GZIP_HEADER_BYTES;

const DEFLATE: u8 = 8;
/// CRC-32 and length.
const TRAILER_BYTES: usize = 8;
const HAS_CHECKSUM: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// One decoder serves all members: making a new one for each costs a hundred microseconds.
pub(super) struct Gzip {
    decoder: Decompress,
    crc: Crc,
    /// Of the member's end, once the deflated bytes ended.
    trailer: Option<Vec<u8>>,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self { decoder: Decompress::new(false), crc: Crc::new(), trailer: None }
    }

    fn end(&mut self, input: &[u8]) -> (Step, Option<Damage>) {
        let Some(trailer) = &mut self.trailer else {
            return (Step::default(), None);
        };
        let taken = input.len().min(TRAILER_BYTES - trailer.len());
        trailer.extend_from_slice(input.get(..taken).unwrap_or_default());
        let has_ended = trailer.len() == TRAILER_BYTES;
        let want = [self.crc.sum().to_le_bytes(), self.crc.amount().to_le_bytes()].concat();
        let damage = (has_ended && *trailer != want)
            .then(|| Damage::Corrupt("its checksum or length is another than its content's".into()));
        (Step { taken, made: 0, has_ended }, damage)
    }
}

impl Codec for Gzip {
    fn begin(&mut self, head: &[u8]) -> Result<Begin, Damage> {
        match header(head) {
            Ok(Some(length)) if length <= GZIP_HEADER_BYTES => {
                self.decoder.reset(false);
                self.crc.reset();
                self.trailer = None;
                Ok(Begin::Stream(length))
            }
            Ok(None) if head.len() < GZIP_HEADER_BYTES => Ok(Begin::Unsure),
            Ok(_) => Err(Damage::Limit(format!("bytes of a header above the limit of: {GZIP_HEADER_BYTES}"))),
            Err(None) => Ok(Begin::Other),
            Err(Some(detail)) => Err(Damage::Corrupt(detail.into())),
        }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], _: bool) -> (Step, Option<Damage>) {
        if self.trailer.is_some() {
            return self.end(input);
        }
        let (taken, made) = (self.decoder.total_in(), self.decoder.total_out());
        let status = self.decoder.decompress(input, output, FlushDecompress::None);
        let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
        let (taken, made) = (count(self.decoder.total_in(), taken), count(self.decoder.total_out(), made));
        self.crc.update(output.get(..made).unwrap_or_default());
        if matches!(status, Ok(Status::StreamEnd)) {
            self.trailer = Some(Vec::with_capacity(TRAILER_BYTES));
        }
        (Step { taken, made, has_ended: false }, status.err().map(|_| Damage::Corrupt(String::new())))
    }
}

/// Length of the header at the start of `head`: none while it is not whole. An error without text is no gzip at all.
fn header(head: &[u8]) -> Result<Option<usize>, Option<&'static str>> {
    const FIXED_BYTES: usize = 10;
    let magic = head.get(..2).unwrap_or(head);
    if !b"\x1f\x8b".starts_with(magic) {
        return Err(None);
    }
    let &[_, _, method, flags, ..] = head else { return Ok(None) };
    if method != DEFLATE || flags & RESERVED != 0 {
        return Err(Some("an unknown method or flag"));
    }
    let mut end = FIXED_BYTES;
    if flags & HAS_EXTRA != 0 {
        let Some(&[low, high]) = head.get(end..end + 2) else { return Ok(None) };
        end += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            let Some(length) = head.get(end..).and_then(|text| memchr::memchr(0, text)) else { return Ok(None) };
            end += length + 1;
        }
    }
    if flags & HAS_CHECKSUM != 0 {
        let (Some(&[low, high]), Some(covered)) = (head.get(end..end + 2), head.get(..end)) else { return Ok(None) };
        let mut crc = Crc::new();
        crc.update(covered);
        if crc.sum() & 0xffff != u32::from(u16::from_le_bytes([low, high])) {
            return Err(Some("its header's checksum is wrong"));
        }
        end += 2;
    }
    Ok((end <= head.len()).then_some(end))
}
