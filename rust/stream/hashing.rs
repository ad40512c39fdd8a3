//! The digests of a file, taken by a thread of their own where that pays. It ends with the value that started it.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use super::digests::{Digests, Hashers};
use super::limits::{HASHED_APART_BYTES, HASHED_APART_WAITING};

pub(super) enum Hashing {
    Here {
        hashers: Box<Hashers>,
        /// A thread starts as soon as there is enough to do.
        may_part: bool,
    },
    There(Apart),
}

pub(super) struct Apart {
    blocks: Option<SyncSender<Vec<u8>>>,
    spares: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<Hashers>>,
}

impl Hashing {
    pub(super) fn new(hashers: Hashers, may_part: bool) -> Self {
        Self::Here { hashers: Box::new(hashers), may_part }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::There(apart) => apart.update(bytes),
            Self::Here { hashers, may_part: true } if bytes.len() >= HASHED_APART_BYTES => {
                match Apart::start(Hashers::clone(hashers)) {
                    Ok(mut apart) => {
                        apart.update(bytes);
                        *self = Self::There(apart);
                    }
                    Err(_) => hashers.update(bytes), // no thread is to be had
                }
            }
            Self::Here { hashers, .. } => hashers.update(bytes),
        }
    }

    /// The digests of all that came.
    pub(super) fn finish(self) -> Option<Digests> {
        match self {
            Self::Here { hashers, .. } => Some(hashers.finish()),
            Self::There(mut apart) => {
                let joined = apart.join()?;
                Some(joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).finish())
            }
        }
    }
}

impl Apart {
    fn start(mut hashers: Hashers) -> std::io::Result<Self> {
        let (blocks, waiting): (_, Receiver<Vec<u8>>) = sync_channel(HASHED_APART_WAITING);
        let (used, spares): (Sender<Vec<u8>>, _) = channel();
        let run = move || {
            for block in waiting {
                hashers.update(&block);
                let _ = used.send(block); // behind the last block nobody needs it
            }
            hashers
        };
        let thread = std::thread::Builder::new().name("wikigrove-digests".into()).spawn(run)?;
        Ok(Self { blocks: Some(blocks), spares, thread: Some(thread) })
    }

    fn update(&mut self, bytes: &[u8]) {
        let mut block = self.spares.try_recv().unwrap_or_default();
        block.clear();
        block.extend_from_slice(bytes);
        if let Some(blocks) = &self.blocks {
            let _ = blocks.send(block); // that the thread panicked is told when it is joined
        }
    }

    fn join(&mut self) -> Option<std::thread::Result<Hashers>> {
        self.blocks = None; // lets the thread end
        self.thread.take().map(JoinHandle::join)
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let _ = self.join(); // nobody asked for the digests
    }
}
