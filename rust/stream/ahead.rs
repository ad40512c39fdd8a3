//! A thread that decompresses ahead of whoever takes the windows. It ends with the value that started it.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use super::limits::{AHEAD_BYTES, AHEAD_WINDOWS};
use super::source::Source;
use super::window::Window;

pub(super) struct Ahead {
    windows: Option<Receiver<Window>>,
    spares: Sender<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    pub(super) fn start(source: Source) -> Self {
        let (to_taker, windows) = sync_channel(AHEAD_WINDOWS);
        let (spares, from_taker) = channel();
        let thread = std::thread::spawn(move || run(source, &to_taker, &from_taker));
        Self { windows: Some(windows), spares, thread: Some(thread) }
    }

    /// The next window; none behind the last.
    pub(super) fn next_window(&mut self) -> Option<Window> {
        let window = self.windows.as_ref().and_then(|windows| windows.recv().ok());
        if window.is_none()
            && let Err(panic) = self.join()
        {
            std::panic::resume_unwind(panic);
        }
        window
    }

    /// Gives memory back that is not needed any more.
    pub(super) fn recycle(&self, bytes: Vec<u8>) {
        let _ = self.spares.send(bytes); // behind the last window nobody needs it
    }

    fn join(&mut self) -> std::thread::Result<()> {
        self.windows = None;
        self.thread.take().map_or(Ok(()), JoinHandle::join)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let _ = self.join(); // the thread ends when it cannot hand its window on; what it met nobody asked for
    }
}

fn run(mut source: Source, to_taker: &SyncSender<Window>, from_taker: &Receiver<Vec<u8>>) {
    loop {
        let window = source.read_window(from_taker.try_recv().unwrap_or_default(), AHEAD_BYTES);
        let is_last = window.is_last;
        if to_taker.send(window).is_err() || is_last {
            return;
        }
    }
}
