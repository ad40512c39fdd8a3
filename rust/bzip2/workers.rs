//! Threads that decode blocks; they end with the `Workers` that started them.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::block::{Decoded, Workspace};
use super::error::Fault;
use super::kernel::Target;

/// A candidate to decode, with bytes of its own.
pub(super) struct Job {
    /// The bit of the candidate in the file.
    pub(super) start: u64,
    pub(super) bytes: Vec<u8>,
    /// Filled with the decoded text.
    pub(super) text: Vec<u8>,
}

/// A job that was worked on.
pub(super) struct Done {
    pub(super) job: Job,
    pub(super) result: Result<Decoded, Fault>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// The starts of the jobs in work.
    running: Vec<u64>,
    done: Vec<Done>,
    is_stopping: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// A job waits, or the threads shall end.
    work: Condvar,
    /// A job is done, or a thread broke down.
    result: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads, started one by one as there is work for them.
pub(super) struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    limit: usize,
    target: Target,
}

impl Workers {
    pub(super) fn new(limit: usize, target: Target) -> Self {
        Self { shared: Arc::default(), threads: Vec::new(), limit, target }
    }

    /// Hands a job over.
    pub(super) fn submit(&mut self, job: Job) -> io::Result<()> {
        let mut state = self.shared.lock();
        state.waiting.push_back(job);
        let is_short = state.waiting.len() + state.running.len() > self.threads.len();
        drop(state);
        self.shared.work.notify_one();
        if is_short && self.threads.len() < self.limit {
            let (shared, target) = (Arc::clone(&self.shared), self.target);
            let name = String::from("bzip2 block");
            self.threads.push(thread::Builder::new().name(name).spawn(move || work(&shared, target))?);
        }
        Ok(())
    }

    /// Waits for the job with this start; none if it was never handed over or its thread broke down.
    pub(super) fn wait(&self, start: u64) -> Option<Done> {
        let mut state = self.shared.lock();
        loop {
            if let Some(place) = state.done.iter().position(|done| done.job.start == start) {
                return Some(state.done.swap_remove(place));
            }
            let is_coming = state.running.contains(&start) || state.waiting.iter().any(|job| job.start == start);
            if !is_coming {
                return None;
            }
            state = self.shared.result.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives up the jobs that start before a bit; those in work are thrown away by a later call.
    pub(super) fn give_up_before(&self, bit: u64) {
        let mut state = self.shared.lock();
        state.waiting.retain(|job| job.start >= bit);
        state.done.retain(|done| done.job.start >= bit);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_stopping = true;
        state.waiting.clear();
        drop(state);
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // a thread that broke down was reported by `wait`
        }
    }
}

/// Takes a job out of those in work, also when its thread breaks down, so that nobody waits for it.
struct Running<'a>(&'a Shared, u64);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.lock().running.retain(|start| *start != self.1);
        self.0.result.notify_all();
    }
}

fn work(shared: &Shared, target: Target) {
    let mut workspace = Workspace::new(target);
    loop {
        let mut state = shared.lock();
        let mut job = loop {
            if state.is_stopping {
                return;
            }
            match state.waiting.pop_front() {
                Some(job) => break job,
                None => state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        };
        state.running.push(job.start);
        drop(state);
        let _running = Running(shared, job.start);
        let result = workspace.decode(&job.bytes, (job.start % 8) as usize, &mut job.text);
        shared.lock().done.push(Done { job, result });
    }
}
