//! A file as windows of decompressed bytes. With two threads or more they are made ahead by a thread of the feed's own, which
//! ends with the feed; the compressed bytes are hashed by whoever takes the windows.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use flate2::{Decompress, FlushDecompress, Status};

use super::error::{ArticleError, ErrorKind};
use super::limits::{EXPANSION_FLOOR, EXPANSION_RATIO, INPUT_BYTES, WINDOW_BYTES, WINDOWS_AHEAD};

/// zlib's largest window, which every gzip file may use.
const GZIP_WINDOW_BITS: u8 = 15;

/// Decompressed bytes and what was met while they were made.
#[derive(Debug, Default)]
pub(crate) struct Window {
    pub(crate) bytes: Vec<u8>,
    /// The compressed bytes read meanwhile.
    pub(crate) compressed: Vec<u8>,
    pub(crate) warnings: Vec<(u64, String)>,
    /// Nothing follows: the file ended cleanly, or with `error`.
    pub(crate) is_last: bool,
    pub(crate) error: Option<ArticleError>,
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Plain,
    Gzip,
}

impl Compression {
    /// The value of the summary's field `compression`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gz",
        }
    }
}

/// An open file.
pub(crate) struct Source {
    file: File,
    input: Vec<u8>,
    used: usize,
    read: u64,
    at_end_of_file: bool,
    compression: Compression,
    decoder: Option<Decompress>,
    decompressed: u64,
    has_started: bool,
    is_finished: bool,
    window_bytes: usize,
}

impl Source {
    /// Opens a file and tells its compression by its first bytes.
    pub(crate) fn open(path: &Path, window_bytes: usize) -> Result<Self, ArticleError> {
        let mut file = File::open(path).map_err(|error| ArticleError::io(&error))?;
        let mut input = Vec::with_capacity(INPUT_BYTES);
        let result = Read::by_ref(&mut file).take(INPUT_BYTES as u64).read_to_end(&mut input);
        let count = result.map_err(|error| ArticleError::io(&error))?;
        let compression = if input.starts_with(b"\x1f\x8b") { Compression::Gzip } else { Compression::Plain };
        Ok(Self {
            file,
            used: 0,
            read: count as u64,
            at_end_of_file: count < INPUT_BYTES,
            input,
            compression,
            decoder: None,
            decompressed: 0,
            has_started: false,
            is_finished: false,
            window_bytes: window_bytes.max(1),
        })
    }

    /// Fills a window; after its last one there are only empty ones.
    pub(crate) fn fill(&mut self, window: &mut Window) {
        window.bytes.clear();
        window.compressed.clear();
        window.warnings.clear();
        window.error = None;
        if !self.has_started {
            self.has_started = true;
            window.compressed.extend_from_slice(&self.input);
        }
        while window.bytes.len() < self.window_bytes && !self.is_finished {
            let result = match self.compression {
                Compression::Plain => self.pass(window),
                Compression::Gzip if self.decoder.is_none() => self.next_member(window),
                Compression::Gzip => self.inflate(window),
            };
            if let Err(error) = result {
                window.error = Some(error);
                self.is_finished = true;
            }
        }
        window.is_last = self.is_finished;
    }

    fn refill(&mut self, window: &mut Window) -> Result<(), ArticleError> {
        self.input.drain(..self.used);
        self.used = 0;
        let before = self.input.len();
        let wanted = INPUT_BYTES.saturating_sub(before).max(1) as u64;
        let result = Read::by_ref(&mut self.file).take(wanted).read_to_end(&mut self.input);
        let count = result.map_err(|error| ArticleError::io(&error))? as u64;
        window.compressed.extend_from_slice(self.input.get(before..).unwrap_or_default());
        self.read += count;
        self.at_end_of_file = count < wanted;
        Ok(())
    }

    fn pass(&mut self, window: &mut Window) -> Result<(), ArticleError> {
        if self.used == self.input.len() && !self.at_end_of_file {
            self.refill(window)?;
        }
        let rest = self.input.get(self.used..).unwrap_or_default();
        let part = rest.get(..self.window_bytes - window.bytes.len()).unwrap_or(rest);
        window.bytes.extend_from_slice(part);
        self.used += part.len();
        self.decompressed += part.len() as u64;
        self.is_finished = self.at_end_of_file && self.used == self.input.len();
        Ok(())
    }

    /// Between two gzip members: starts the next one, or ends the file.
    fn next_member(&mut self, window: &mut Window) -> Result<(), ArticleError> {
        while self.input.len() - self.used < 2 && !self.at_end_of_file {
            self.refill(window)?;
        }
        let rest = self.input.get(self.used..).unwrap_or_default();
        if rest.starts_with(b"\x1f\x8b") {
            self.decoder = Some(Decompress::new_gzip(GZIP_WINDOW_BITS));
            return Ok(());
        }
        let offset = self.read - rest.len() as u64;
        if rest == b"\x1f" {
            let message = format!("the file ends inside the header of a gzip member; compressed offset: {offset}");
            return Err(ArticleError::new(ErrorKind::Truncated, message, self.decompressed));
        }
        if rest.iter().any(|byte| *byte != 0) {
            let message = format!("ignored bytes after the last gzip member; compressed offset: {offset}");
            window.warnings.push((self.decompressed, message));
        }
        while !self.at_end_of_file {
            self.used = self.input.len();
            self.refill(window)?; // what follows is hashed too
        }
        self.is_finished = true;
        Ok(())
    }

    fn inflate(&mut self, window: &mut Window) -> Result<(), ArticleError> {
        if self.used == self.input.len() && !self.at_end_of_file {
            self.refill(window)?;
        }
        let Some(decoder) = &mut self.decoder else {
            return Ok(());
        };
        let input = self.input.get(self.used..).unwrap_or_default();
        let (taken_before, before) = (decoder.total_in(), window.bytes.len());
        window.bytes.reserve_exact(self.window_bytes - before);
        let status = decoder.decompress_vec(input, &mut window.bytes, FlushDecompress::None);
        let consumed = usize::try_from(decoder.total_in() - taken_before).unwrap_or(usize::MAX).min(input.len());
        let (had_input, produced) = (!input.is_empty(), window.bytes.len() - before);
        self.used += consumed;
        self.decompressed += produced as u64;
        let place = self.read - (self.input.len() - self.used) as u64;
        match status {
            Ok(Status::StreamEnd) => self.decoder = None,
            Ok(_) if consumed == 0 && produced == 0 && !had_input && self.at_end_of_file => {
                let message = format!("the file ends inside a gzip member; compressed offset: {place}");
                return Err(ArticleError::new(ErrorKind::Truncated, message, self.decompressed));
            }
            Ok(_) if consumed > 0 || produced > 0 || !had_input => {}
            Ok(_) | Err(_) => {
                let message = format!("damaged gzip member; compressed offset: {place}");
                return Err(ArticleError::new(ErrorKind::Format, message, self.decompressed));
            }
        }
        if self.decompressed > EXPANSION_FLOOR && self.decompressed / place.max(1) >= EXPANSION_RATIO {
            let message = format!("decompressed bytes per compressed byte reach the limit: {EXPANSION_RATIO}");
            return Err(ArticleError::new(ErrorKind::Limit, message, self.decompressed));
        }
        Ok(())
    }
}

/// Gives windows out, made now or ahead.
pub(crate) struct Feed {
    compression: Compression,
    maker: Maker,
}

enum Maker {
    Here(Box<Source>, VecDeque<Window>),
    Ahead { windows: Option<Receiver<Window>>, used: Sender<Window>, thread: Option<JoinHandle<()>> },
}

impl Feed {
    pub(crate) fn open(path: &Path, threads: usize) -> Result<Self, ArticleError> {
        let mut source = Source::open(path, WINDOW_BYTES)?;
        let compression = source.compression;
        if threads < 2 || source.at_end_of_file && source.input.len() < INPUT_BYTES / 4 {
            return Ok(Self { compression, maker: Maker::Here(Box::new(source), VecDeque::new()) });
        }
        let (sender, windows): (SyncSender<Window>, _) = sync_channel(WINDOWS_AHEAD);
        let (used, spares) = channel::<Window>();
        let make = move || {
            loop {
                let mut window = spares.try_recv().unwrap_or_default();
                source.fill(&mut window);
                let is_last = window.is_last;
                if sender.send(window).is_err() || is_last {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("wikigrove-inflate".into()).spawn(make);
        let thread = Some(thread.map_err(|error| ArticleError::io(&error))?);
        Ok(Self { compression, maker: Maker::Ahead { windows: Some(windows), used, thread } })
    }

    pub(crate) fn compression(&self) -> Compression {
        self.compression
    }

    /// The next window. Not to be called after the last one.
    pub(crate) fn next(&mut self) -> Window {
        match &mut self.maker {
            Maker::Here(source, spares) => {
                let mut window = spares.pop_front().unwrap_or_default();
                source.fill(&mut window);
                window
            }
            Maker::Ahead { windows, thread, .. } => {
                if let Some(window) = windows.as_ref().and_then(|windows| windows.recv().ok()) {
                    return window;
                }
                if let Some(Err(panic)) = thread.take().map(JoinHandle::join) {
                    std::panic::resume_unwind(panic);
                }
                Window { is_last: true, ..Window::default() }
            }
        }
    }

    /// Takes a window back, for its memory.
    pub(crate) fn recycle(&mut self, window: Window) {
        match &mut self.maker {
            Maker::Here(_, spares) => spares.push_back(window),
            Maker::Ahead { used, .. } => _ = used.send(window), // the thread may have ended
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Maker::Ahead { windows, thread, .. } = &mut self.maker {
            drop(windows.take()); // lets the thread fail to send, and so end
            if let Some(thread) = thread.take() {
                let _ = thread.join(); // a panic was passed on when its window was awaited
            }
        }
    }
}
