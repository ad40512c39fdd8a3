//! The windows of a file from a place on, as UTF-8.

use std::path::Path;

use super::ahead::Ahead;
use super::digests::{Algorithm, Hashers};
use super::error::Error;
use super::hashing::Hashing;
use super::limits::WINDOW_BYTES;
use super::sniff::Compression;
use super::source::{Place, Source};
use super::utf16::{self, Transcoder};
use super::window::{Progress, Start, Window};

/// How a file is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// With two or more, it is decompressed ahead of whoever takes the windows, and hashed beside that.
    pub threads: usize,
    /// Whether the file is hashed, with SHA-256 and these.
    pub digests: Option<Vec<Algorithm>>,
    pub place: Place,
    /// Bytes of a window; zero for the usual.
    pub window_bytes: usize,
}

enum Feed {
    Here(Box<Source>),
    There(Ahead),
    Nothing,
}

/// An open file that gives its bytes window by window.
pub struct Reader {
    feed: Feed,
    threads: usize,
    window_bytes: usize,
    compression: Compression,
    spare: Vec<u8>,
    /// Bytes at the start of the file that are too few to tell UTF-16 by.
    held: Option<Window>,
    is_undecided: bool,
    transcoder: Option<Transcoder>,
    /// Offset of the next byte.
    position: u64,
    wanted: u64,
    starts: Vec<Start>,
    progress: Progress,
}

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be opened, is of a format that is not read, or no stream starts at the place.
    pub fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        let place = options.place;
        let hashers = options.digests.as_deref().map(Hashers::new);
        let hashing = hashers.map(|hashers| Hashing::new(hashers, options.threads > 1));
        let mut source = Source::open(path, place, hashing, options.threads)?;
        let compression = source.compression();
        let is_at_start = place.stream_offset == 0 && place.block.is_none();
        if compression == Compression::Plain && utf16::detect(source.head()).is_none() {
            source.seek_plain(place.offset);
        }
        let progress = source.progress();
        Ok(Self {
            feed: Feed::Here(Box::new(source)),
            threads: options.threads,
            window_bytes: if options.window_bytes == 0 { WINDOW_BYTES } else { options.window_bytes },
            compression,
            spare: Vec::new(),
            held: None,
            is_undecided: is_at_start && progress.decompressed == 0,
            transcoder: None,
            position: progress.decompressed,
            wanted: place.offset,
            starts: Vec::new(),
            progress,
        })
    }

    #[must_use]
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// How far the windows that were taken go.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Takes memory back that held a window.
    pub fn recycle(&mut self, bytes: Vec<u8>) {
        match &self.feed {
            Feed::There(ahead) => ahead.recycle(bytes),
            _ => self.spare = bytes,
        }
    }

    /// The next window. It is empty only at the end, and behind the last come empty ones.
    pub fn next_window(&mut self) -> Window {
        loop {
            let mut window = self.decompressed();
            if self.is_undecided {
                if let Some(held) = self.held.take() {
                    window.bytes.splice(0..0, held.bytes);
                    window.starts.splice(0..0, held.starts);
                    window.warnings.splice(0..0, held.warnings);
                }
                if window.bytes.len() < 2 && !window.is_last {
                    self.held = Some(window);
                    continue;
                }
                self.is_undecided = false;
                if let Some((order, mark)) = utf16::detect(&window.bytes) {
                    window.bytes.drain(..mark);
                    self.transcoder = Some(Transcoder::new(order));
                }
            }
            self.transcode(&mut window);
            let end = self.position + window.bytes.len() as u64;
            let is_before = end < self.wanted || end == self.wanted && !window.bytes.is_empty();
            if is_before && !window.is_last {
                self.starts.append(&mut window.starts);
                self.keep_last_start();
                self.position = end;
                self.recycle(window.bytes);
                continue;
            }
            self.cut(&mut window);
            self.position = end;
            if !window.bytes.is_empty() || window.is_last || !window.warnings.is_empty() {
                self.progress = window.progress;
                return window;
            }
        }
    }

    fn decompressed(&mut self) -> Window {
        if self.threads > 1 {
            self.feed = match std::mem::replace(&mut self.feed, Feed::Nothing) {
                Feed::Here(source) if !source.has_threads() => Feed::There(Ahead::start(*source)),
                feed => feed,
            };
        }
        let window = match &mut self.feed {
            Feed::Here(source) => Some(source.read_window(std::mem::take(&mut self.spare), self.window_bytes)),
            Feed::There(ahead) => ahead.next_window(),
            Feed::Nothing => None,
        };
        if window.as_ref().is_none_or(|window| window.is_last) {
            self.feed = Feed::Nothing; // closes the file
        }
        window.unwrap_or_else(|| Window { progress: self.progress, is_last: true, ..Window::default() })
    }

    /// Makes UTF-8 of a window. A position inside the file then counts bytes of UTF-8, and reading starts anew only at the
    /// start of the file.
    fn transcode(&mut self, window: &mut Window) {
        let Some(transcoder) = &mut self.transcoder else { return };
        let mut bytes = Vec::with_capacity(window.bytes.len());
        let is_end = window.is_last && window.error.is_none();
        if let Err(error) = transcoder.transcode(&window.bytes, &mut bytes, is_end) {
            window.error = Some(error);
            window.is_last = true;
            window.digests = None;
            self.feed = Feed::Nothing;
        }
        window.bytes = bytes;
        window.starts.clear();
        window.is_transcoded = true;
    }

    /// Takes off what lies before the wanted place.
    fn cut(&mut self, window: &mut Window) {
        let surplus = self.wanted.saturating_sub(self.position);
        let surplus = usize::try_from(surplus).unwrap_or(usize::MAX).min(window.bytes.len());
        window.bytes.drain(..surplus);
        if !self.starts.is_empty() || surplus > 0 {
            self.starts.append(&mut window.starts);
            self.keep_last_start();
            window.starts = std::mem::take(&mut self.starts);
        }
    }

    /// Of the starts before the wanted place only the last is needed.
    fn keep_last_start(&mut self) {
        let before = self.starts.partition_point(|start| start.offset <= self.wanted);
        self.starts.drain(..before.saturating_sub(1));
    }
}
