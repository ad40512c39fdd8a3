//! The header of a 7z archive: where its first file lies and how it is packed. Its layout is `7zFormat.txt` of the LZMA SDK.
//!
//! Every count in it is only ever a bound for a loop that also ends with the header's bytes; no memory is taken for it.

use flate2::Crc;

use super::codec::{Codec, Damage};
use super::error::{Error, ErrorKind};
use super::input::Disk;
use super::limits::ARCHIVE_HEADER_BYTES;
use super::seven_zip::SevenZip;

const SIGNATURE_BYTES: usize = 32;
const END: u8 = 0x00;
const HEADER: u8 = 0x01;
const MAIN_STREAMS: u8 = 0x04;
const PACKED: u8 = 0x06;
const UNPACKED: u8 = 0x07;
const SUBSTREAMS: u8 = 0x08;
const SIZES: u8 = 0x09;
const CHECKSUMS: u8 = 0x0a;
const FOLDERS: u8 = 0x0b;
const UNPACKED_SIZES: u8 = 0x0c;
const SUBSTREAM_COUNTS: u8 = 0x0d;
const ENCODED_HEADER: u8 = 0x17;

/// A header may be packed, and that header again; nobody does so more than once.
const NESTING: usize = 4;

/// The first file with content of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where its packed bytes lie in the file.
    pub(super) offset: u64,
    pub(super) packed: u64,
    /// Id of the method, and its properties.
    pub(super) method: Vec<u8>,
    pub(super) properties: Vec<u8>,
    /// Bytes of all files that are packed together with it.
    pub(super) unpacked: u64,
    pub(super) length: u64,
    pub(super) crc: Option<u32>,
    /// Other files with content follow.
    pub(super) has_others: bool,
    /// Where the archive ends in the file.
    pub(super) end: u64,
}

/// Finds the first file of the archive.
pub(super) fn first_entry(disk: &Disk) -> Result<Entry, Error> {
    let mut signature = [0; SIGNATURE_BYTES];
    let count = disk.read_at(0, &mut signature).map_err(|error| Error::io(&error))?;
    let length = disk.length().map_err(|error| Error::io(&error))?;
    if count < SIGNATURE_BYTES {
        return Err(cut());
    }
    let mut start = Reader(signature.get(8..).unwrap_or_default());
    let want = start.u32()?;
    if checksum(start.0) != want {
        return Err(damaged("the checksum of its start header is wrong"));
    }
    let (offset, size, want) = (start.u64()?, start.u64()?, start.u32()?);
    if size == 0 {
        return Err(Error::new(ErrorKind::Format, "an empty 7z archive", 0));
    }
    let place = offset.checked_add(SIGNATURE_BYTES as u64).ok_or_else(|| damaged("its header lies nowhere"))?;
    let end = place.checked_add(size).ok_or_else(|| damaged("its header lies nowhere"))?;
    if end > length {
        return Err(cut());
    }
    let mut bytes = read(disk, place, size)?;
    let mut want = Some(want);
    for _ in 0..NESTING {
        if want.is_some_and(|want| checksum(&bytes) != want) {
            return Err(damaged("the checksum of its header is wrong"));
        }
        let mut reader = Reader(&bytes);
        match reader.byte()? {
            HEADER => {
                let entry = match reader.byte()? {
                    MAIN_STREAMS => reader.streams(length)?,
                    _ => None,
                };
                let mut entry = entry
                    .ok_or_else(|| Error::new(ErrorKind::Format, "a 7z archive without a file that has content", 0))?;
                entry.end = end;
                return Ok(entry);
            }
            ENCODED_HEADER => {
                let entry = reader.streams(length)?.ok_or_else(|| damaged("its header is packed nowhere"))?;
                want = entry.crc;
                bytes = unpack(disk, &entry)?;
            }
            _ => return Err(damaged("its header is of an unknown kind")),
        }
    }
    Err(damaged("its header is packed too often"))
}

fn cut() -> Error {
    let message = "the 7z archive is cut off; its header, without which nothing can be read, stands at its end";
    Error::new(ErrorKind::Truncated, message, 0)
}

fn damaged(detail: &str) -> Error {
    Error::new(ErrorKind::Format, format!("damaged 7z archive: {detail}"), 0)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Reads `size` bytes, which exist, because the file's length says so.
fn read(disk: &Disk, offset: u64, size: u64) -> Result<Vec<u8>, Error> {
    let bounded = usize::try_from(size).ok().filter(|_| size <= ARCHIVE_HEADER_BYTES).ok_or_else(|| {
        Error::new(ErrorKind::Limit, format!("bytes of a 7z header above the limit of: {ARCHIVE_HEADER_BYTES}"), 0)
    })?;
    let mut bytes = vec![0; bounded];
    let count = disk.read_at(offset, &mut bytes).map_err(|error| Error::io(&error))?;
    if count < bounded { Err(cut()) } else { Ok(bytes) }
}

/// Unpacks a packed header.
fn unpack(disk: &Disk, entry: &Entry) -> Result<Vec<u8>, Error> {
    if entry.length > ARCHIVE_HEADER_BYTES {
        let message = format!("bytes of a 7z header above the limit of: {ARCHIVE_HEADER_BYTES}");
        return Err(Error::new(ErrorKind::Limit, message, 0));
    }
    let packed = read(disk, entry.offset, entry.packed)?;
    let mut codec = SevenZip::new(entry)?;
    let mut bytes = vec![0; usize::try_from(entry.length).unwrap_or(0)];
    let (mut taken, mut made) = (0, 0);
    loop {
        let input = packed.get(taken..).unwrap_or_default();
        let (step, damage) = codec.step(input, bytes.get_mut(made..).unwrap_or_default(), true);
        (taken, made) = (taken + step.taken, made + step.made);
        match damage {
            _ if step.has_ended => return Ok(bytes),
            Some(Damage::Limit(detail)) => return Err(Error::new(ErrorKind::Limit, detail, 0)),
            None if step.taken + step.made > 0 => {}
            _ => return Err(damaged("its packed header cannot be unpacked")),
        }
    }
}

/// The header's bytes that were not read yet.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn bytes(&mut self, count: usize) -> Result<&'b [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| damaged("its header ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.bytes(1)?.first().copied().unwrap_or_default())
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.bytes(4)?.try_into().unwrap_or_default()))
    }

    fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_le_bytes(self.bytes(8)?.try_into().unwrap_or_default()))
    }

    /// A number of one to nine bytes: the first tells by its leading ones how many follow.
    fn number(&mut self) -> Result<u64, Error> {
        let first = self.byte()?;
        let extra = first.leading_ones() as usize;
        let mut bytes = [0; 8];
        for byte in bytes.iter_mut().take(extra) {
            *byte = self.byte()?;
        }
        let high = if extra < 7 { u64::from(first & (0x7f >> extra)) << (8 * extra) } else { 0 };
        Ok(u64::from_le_bytes(bytes) | high)
    }

    /// Which of `count` items have a checksum, and these; `first` is that of the first item.
    fn checksums(&mut self, count: u64) -> Result<Option<u32>, Error> {
        let is_complete = self.byte()? != 0;
        let mut has_first = count > 0;
        let mut defined = count;
        if !is_complete {
            defined = 0;
            has_first = false;
            for index in 0..count.div_ceil(8) {
                let bits = self.byte()?;
                has_first |= index == 0 && bits & 0x80 != 0;
                defined += u64::from(bits.count_ones());
            }
        }
        let mut first = None;
        for index in 0..defined {
            let value = self.u32()?;
            if index == 0 && has_first {
                first = Some(value);
            }
        }
        Ok(first)
    }

    /// The streams of a header; none if no file has content.
    fn streams(&mut self, file_length: u64) -> Result<Option<Entry>, Error> {
        let mut entry = Entry::default();
        let (mut folders, mut streams) = (0, None);
        let mut folder_crc = None;
        loop {
            match self.byte()? {
                END => break,
                PACKED => self.packed(&mut entry, file_length)?,
                UNPACKED => (folders, folder_crc) = self.unpacked(&mut entry)?,
                SUBSTREAMS => streams = Some(self.substreams(&mut entry, folders, folder_crc)?),
                _ => return Err(damaged("its header holds something unknown")),
            }
        }
        if folders == 0 || streams == Some(0) {
            return Ok(None);
        }
        if streams.is_none() {
            (entry.length, entry.crc) = (entry.unpacked, folder_crc);
            entry.has_others = folders > 1;
        }
        Ok(Some(entry))
    }

    fn packed(&mut self, entry: &mut Entry, file_length: u64) -> Result<(), Error> {
        let position = self.number()?;
        let count = self.number()?;
        loop {
            match self.byte()? {
                END => break,
                SIZES => {
                    for index in 0..count {
                        let size = self.number()?;
                        if index == 0 {
                            entry.packed = size;
                        }
                    }
                }
                CHECKSUMS => _ = self.checksums(count)?,
                _ => return Err(damaged("its header holds something unknown")),
            }
        }
        entry.offset = position.checked_add(SIGNATURE_BYTES as u64).ok_or_else(|| damaged("it packs nothing"))?;
        let end = entry.offset.checked_add(entry.packed).ok_or_else(|| damaged("it packs nothing"))?;
        if end > file_length { Err(damaged("packed bytes lie behind its end")) } else { Ok(()) }
    }

    /// The folders: their number, and the checksum of the first.
    fn unpacked(&mut self, entry: &mut Entry) -> Result<(u64, Option<u32>), Error> {
        if self.byte()? != FOLDERS {
            return Err(damaged("its header has no folders"));
        }
        let folders = self.number()?;
        if self.byte()? != 0 {
            return Err(damaged("its folders lie elsewhere"));
        }
        let mut outputs = 0u64;
        for index in 0..folders {
            let (count, method, properties) = self.folder(index == 0)?;
            outputs = outputs.saturating_add(count);
            if index == 0 {
                (entry.method, entry.properties) = (method, properties);
            }
        }
        let mut crc = None;
        loop {
            match self.byte()? {
                END => return Ok((folders, crc)),
                UNPACKED_SIZES => {
                    for index in 0..outputs {
                        let size = self.number()?;
                        if index == 0 {
                            entry.unpacked = size;
                        }
                    }
                }
                CHECKSUMS => crc = self.checksums(folders)?,
                _ => return Err(damaged("its header holds something unknown")),
            }
        }
    }

    /// One folder: how many outputs its coders have, and the method and properties of the only one.
    fn folder(&mut self, is_wanted: bool) -> Result<(u64, Vec<u8>, Vec<u8>), Error> {
        const ID_BYTES: u8 = 0x0f;
        const IS_COMPLEX: u8 = 0x10;
        const HAS_PROPERTIES: u8 = 0x20;
        const ENCRYPTION: &[u8] = b"\x06\xf1\x07\x01";
        let coders = self.number()?;
        let (mut inputs, mut outputs) = (0u64, 0u64);
        let (mut method, mut properties) = (Vec::new(), Vec::new());
        for _ in 0..coders {
            let flags = self.byte()?;
            let id = self.bytes(usize::from(flags & ID_BYTES))?;
            if id == ENCRYPTION && is_wanted {
                return Err(Error::new(ErrorKind::Format, "an encrypted 7z archive", 0));
            }
            let (ins, outs) = if flags & IS_COMPLEX == 0 { (1, 1) } else { (self.number()?, self.number()?) };
            (inputs, outputs) = (inputs.saturating_add(ins), outputs.saturating_add(outs));
            method = id.to_vec();
            if flags & HAS_PROPERTIES != 0 {
                let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
                properties = self.bytes(count)?.to_vec();
            }
        }
        let pairs = outputs.saturating_sub(1);
        for _ in 0..pairs {
            self.number()?;
            self.number()?;
        }
        let packed = inputs.saturating_sub(pairs);
        if packed > 1 {
            for _ in 0..packed {
                self.number()?;
            }
        }
        if is_wanted && (coders != 1 || inputs != 1 || outputs != 1) {
            return Err(Error::new(ErrorKind::Format, "a 7z archive packed with filters, which are not read", 0));
        }
        Ok((outputs, method, properties))
    }

    /// The files inside the folders; gives how many the first folder holds.
    fn substreams(&mut self, entry: &mut Entry, folders: u64, folder_crc: Option<u32>) -> Result<u64, Error> {
        let (mut first, mut total, mut sizes) = (1, folders, 0);
        let mut crc = None;
        (entry.length, entry.crc) = (entry.unpacked, folder_crc);
        let mut identifier = self.byte()?;
        if identifier == SUBSTREAM_COUNTS {
            total = 0;
            for index in 0..folders {
                let count = self.number()?;
                if index == 0 {
                    first = count;
                }
                total = u64::saturating_add(total, count);
                sizes = u64::saturating_add(sizes, count.saturating_sub(1));
            }
            identifier = self.byte()?;
        }
        if identifier == SIZES {
            for index in 0..sizes {
                let size = self.number()?;
                if index == 0 && first > 1 {
                    entry.length = size;
                }
            }
            identifier = self.byte()?;
        }
        let is_known = first == 1 && folder_crc.is_some();
        if identifier == CHECKSUMS {
            // Those of folders with one file and a checksum of their own are left out, which only matters for the first.
            crc = self.first_checksum()?;
        } else if identifier != END {
            return Err(damaged("its header holds something unknown"));
        }
        if !is_known {
            entry.crc = crc;
        }
        if first > 1 && entry.length > entry.unpacked {
            return Err(damaged("a file is longer than what it is packed in"));
        }
        entry.has_others = total > 1;
        Ok(first)
    }

    /// The first of a list of checksums that ends the header's part that is read.
    fn first_checksum(&mut self) -> Result<Option<u32>, Error> {
        if self.byte()? != 0 {
            let crc = self.u32()?;
            self.0 = &[END];
            return Ok(Some(crc));
        }
        self.0 = &[END];
        Ok(None)
    }
}
