//! The first file of a 7z archive, as Wikimedia packs its histories: one XML file in each.

use flate2::Crc;
use lzma_rust2::{Lzma2Stream, LzmaStream};

use super::codec::{Begin, Codec, Damage, Step};
use super::error::{Error, ErrorKind};
use super::header_7z::Entry;
use super::limits::DICTIONARY_KIB;
use super::lzma::{self, Process};

enum Method {
    Copy,
    Lzma(Box<dyn Process>),
}

/// What the archive says of its file's content.
pub(super) struct Check {
    /// Bytes of the file that were not made yet.
    remaining: u64,
    crc: Crc,
    want: Option<u32>,
}

impl Check {
    pub(super) fn new(entry: &Entry) -> Self {
        Self { remaining: entry.length, crc: Crc::new(), want: entry.crc }
    }

    /// Takes bytes of the file; tells whether the file ends with them.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<bool, Damage> {
        self.crc.update(bytes);
        self.remaining -= (bytes.len() as u64).min(self.remaining);
        if self.remaining == 0 && self.want.is_some_and(|want| want != self.crc.sum()) {
            return Err(Damage::Corrupt("the checksum of the file is another than its content's".into()));
        }
        Ok(self.remaining == 0)
    }

    /// How many of so many bytes belong to the file.
    pub(super) fn own(&self, count: usize) -> usize {
        usize::try_from(self.remaining).unwrap_or(usize::MAX).min(count)
    }

    pub(super) fn too_short() -> Damage {
        Damage::Corrupt("the file is shorter than noted".into())
    }
}

pub(super) struct SevenZip {
    method: Method,
    check: Check,
    has_begun: bool,
}

/// Whether the file is packed with bzip2, which is read in another way.
pub(super) fn is_bzip2(entry: &Entry) -> bool {
    entry.method == [0x04, 0x02, 0x02]
}

impl SevenZip {
    pub(super) fn new(entry: &Entry) -> Result<Self, Error> {
        Ok(Self { method: method(entry)?, check: Check::new(entry), has_begun: false })
    }
}

fn method(entry: &Entry) -> Result<Method, Error> {
    let refuse = |kind, what: String| Error::new(kind, what, 0);
    let wrong = || refuse(ErrorKind::Format, "damaged 7z archive: its method has wrong properties".into());
    let too_large = |size: u32| {
        refuse(ErrorKind::Limit, format!("a dictionary of {size} bytes, in KiB above the limit of: {DICTIONARY_KIB}"))
    };
    match entry.method.as_slice() {
        [0x00] => Ok(Method::Copy),
        [0x21] => {
            let &[bits] = entry.properties.as_slice() else { return Err(wrong()) };
            let size = match bits {
                0..=39 => (2 | u32::from(bits & 1)) << (bits / 2 + 11),
                40 => u32::MAX,
                _ => return Err(wrong()),
            };
            if size / 1024 > DICTIONARY_KIB {
                return Err(too_large(size));
            }
            Ok(Method::Lzma(Box::new(Lzma2Stream::new_mem_limit(size, DICTIONARY_KIB))))
        }
        [0x03, 0x01, 0x01] => {
            let &[properties, a, b, c, d] = entry.properties.as_slice() else { return Err(wrong()) };
            let size = u32::from_le_bytes([a, b, c, d]);
            if size / 1024 > DICTIONARY_KIB {
                return Err(too_large(size));
            }
            let decoder = LzmaStream::new_with_props(entry.unpacked, properties, size, None).map_err(|_| wrong())?;
            Ok(Method::Lzma(Box::new(decoder)))
        }
        other => {
            let name = match other {
                [0x03, 0x04, 0x01] => "PPMd".into(),
                [0x04, 0x01, 0x08] => "Deflate".into(),
                [0x03, 0x03, ..] | [0x04] => "a filter for programs".into(),
                other => format!("{other:02x?}"),
            };
            let message = format!("a 7z archive packed with another method than LZMA, LZMA2, BZip2 or Copy: {name}");
            Err(refuse(ErrorKind::Format, message))
        }
    }
}

impl Codec for SevenZip {
    fn begin(&mut self, _: &[u8]) -> Result<Begin, Damage> {
        if std::mem::replace(&mut self.has_begun, true) {
            return Ok(Begin::End);
        }
        Ok(Begin::Stream(0))
    }

    fn step(&mut self, input: &[u8], output: &mut [u8], is_end: bool) -> (Step, Option<Damage>) {
        let room = self.check.own(output.len());
        let output = output.get_mut(..room).unwrap_or_default();
        let (mut step, damage) = match &mut self.method {
            _ if room == 0 => (Step::default(), None),
            Method::Copy => {
                let count = input.len().min(output.len());
                output.iter_mut().zip(input).for_each(|(to, from)| *to = *from);
                (Step { taken: count, made: count, has_ended: false }, None)
            }
            Method::Lzma(decoder) => lzma::step(decoder.as_mut(), input, output, is_end),
        };
        let is_packed_end = step.has_ended;
        match self.check.take(output.get(..step.made).unwrap_or_default()) {
            Ok(true) => {
                step.has_ended = true;
                (step, None)
            }
            Ok(false) => {
                step.has_ended = false;
                (step, damage.or_else(|| is_packed_end.then(Check::too_short)))
            }
            Err(wrong) => {
                step.has_ended = false;
                (step, Some(wrong))
            }
        }
    }
}
