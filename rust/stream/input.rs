//! The file itself: one descriptor, which is hashed as it is read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::digests::Digests;
use super::hashing::Hashing;
use super::limits::INPUT_BYTES;

/// An open file. Clones share it.
#[derive(Clone)]
pub(super) struct Disk(Arc<Mutex<Descriptor>>);

struct Descriptor {
    file: File,
    position: u64,
    hashing: Option<Hashing>,
    /// Bytes hashed so far, from the start of the file.
    hashed: u64,
}

impl Disk {
    pub(super) fn open(path: &Path, hashing: Option<Hashing>) -> io::Result<Self> {
        let file = File::open(path)?;
        Ok(Self(Arc::new(Mutex::new(Descriptor { file, position: 0, hashing, hashed: 0 }))))
    }

    fn lock(&self) -> MutexGuard<'_, Descriptor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Length of the file now.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.lock().file.metadata()?.len())
    }

    /// Fills `bytes` from `offset` on; fewer come only at the end of the file.
    pub(super) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        self.lock().read_at(offset, bytes)
    }

    /// Hashes what lies before `offset` and was not read.
    pub(super) fn hash_up_to(&self, offset: u64) -> io::Result<()> {
        let mut descriptor = self.lock();
        if descriptor.hashing.is_none() {
            return Ok(());
        }
        let mut bytes = vec![0; INPUT_BYTES];
        while descriptor.hashed < offset {
            let wanted = usize::try_from(offset - descriptor.hashed).unwrap_or(usize::MAX).min(INPUT_BYTES);
            let place = descriptor.hashed;
            if descriptor.read_at(place, bytes.get_mut(..wanted).unwrap_or_default())? < wanted {
                break;
            }
        }
        Ok(())
    }

    /// Hashes what was not read and gives the digests of the whole file; none if no digests were asked for.
    pub(super) fn finish(&self) -> io::Result<Option<Digests>> {
        self.hash_up_to(u64::MAX)?;
        Ok(self.lock().hashing.take().and_then(Hashing::finish))
    }
}

impl Descriptor {
    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        if self.position != offset {
            self.file.seek(SeekFrom::Start(offset))?;
            self.position = offset;
        }
        let mut count = 0;
        while let Some(room) = bytes.get_mut(count..).filter(|room| !room.is_empty()) {
            match self.file.read(room) {
                Ok(0) => break,
                Ok(read) => count += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.position += count as u64;
        if let Some(hashing) = self.hashing.as_mut().filter(|_| offset <= self.hashed && self.hashed < self.position) {
            let known = usize::try_from(self.hashed - offset).unwrap_or(usize::MAX);
            hashing.update(bytes.get(known..count).unwrap_or_default());
            self.hashed = self.position;
        }
        Ok(count)
    }
}

/// A run of bytes of the file, through a buffer.
pub(super) struct Input {
    disk: Disk,
    bytes: Vec<u8>,
    used: usize,
    /// Offset in the file behind `bytes`.
    end: u64,
    /// Where the run ends, if not at the end of the file.
    limit: u64,
    at_end: bool,
}

impl Input {
    pub(super) fn new(disk: Disk, offset: u64, limit: Option<u64>) -> Self {
        let limit = limit.unwrap_or(u64::MAX);
        Self { disk, bytes: Vec::new(), used: 0, end: offset, limit, at_end: false }
    }

    /// Offset in the file of the first unused byte.
    pub(super) fn offset(&self) -> u64 {
        self.end - self.rest().len() as u64
    }

    /// The bytes that were read and not used.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.used..).unwrap_or_default()
    }

    /// Whether nothing follows `rest`.
    pub(super) fn at_end(&self) -> bool {
        self.at_end
    }

    pub(super) fn take(&mut self, count: usize) {
        self.used = (self.used + count).min(self.bytes.len());
    }

    /// Reads more behind `rest`.
    pub(super) fn fill(&mut self) -> io::Result<()> {
        self.bytes.drain(..self.used);
        self.used = 0;
        let start = self.bytes.len();
        let wanted = usize::try_from(self.limit.saturating_sub(self.end)).unwrap_or(usize::MAX).min(INPUT_BYTES);
        self.bytes.resize(start + wanted, 0);
        let count = self.disk.read_at(self.end, self.bytes.get_mut(start..).unwrap_or_default());
        self.bytes.truncate(start + *count.as_ref().unwrap_or(&0));
        let count = count?;
        self.end += count as u64;
        self.at_end = count < INPUT_BYTES;
        Ok(())
    }

    /// Reads straight into `bytes`, past the buffer.
    pub(super) fn read_into(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let rest = self.rest();
        let count = rest.len().min(bytes.len());
        if let (Some(to), Some(from)) = (bytes.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.take(count);
        let left = usize::try_from(self.limit.saturating_sub(self.end)).unwrap_or(usize::MAX);
        let end = bytes.len().min(count.saturating_add(left));
        let room = bytes.get_mut(count..end).unwrap_or_default();
        if room.is_empty() || self.at_end {
            return Ok(count);
        }
        let read = self.disk.read_at(self.end, room)?;
        self.end += read as u64;
        self.at_end = read < room.len();
        Ok(count + read)
    }
}

impl Read for Input {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.read_into(bytes)
    }
}
