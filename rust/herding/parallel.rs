//! Work split over threads that none outlives the call, with results in the order of the work.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::HerdingError;

/// Calls `work` for 0 … `count` - 1 on up to `threads` threads and returns the results in that order.
pub(super) fn in_order<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>, HerdingError> {
    if threads <= 1 || count <= 1 {
        return Ok((0..count).map(work).collect());
    }
    let next = AtomicUsize::new(0);
    let claim = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        (index < count).then_some(index)
    };
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let run = || std::iter::from_fn(claim).map(|index| (index, work(index))).collect::<Vec<_>>();
        let workers: Vec<_> = (0..threads.min(count)).map(|_| scope.spawn(run)).collect();
        let joined: Result<Vec<_>, _> = workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        joined.map(|parts| parts.into_iter().flatten().collect()).map_err(|_| HerdingError::Worker)
    })?;
    results.sort_unstable_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// Cuts a slice into chunks and calls `work` with each chunk's first index and the chunk, on up to `threads` threads.
pub(super) fn over_chunks<T: Send>(
    values: &mut [T],
    chunk: usize,
    threads: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) -> Result<(), HerdingError> {
    let chunk = chunk.max(1);
    if threads <= 1 || values.len() <= chunk {
        for (index, part) in values.chunks_mut(chunk).enumerate() {
            work(index * chunk, part);
        }
        return Ok(());
    }
    let share = values.len().div_ceil(chunk).div_ceil(threads) * chunk;
    std::thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = (values.chunks_mut(share).enumerate())
            .map(|(worker, part)| {
                scope.spawn(move || {
                    for (index, part) in part.chunks_mut(chunk).enumerate() {
                        work(worker * share + index * chunk, part);
                    }
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| HerdingError::Worker))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_threads_nor_chunks_change_order_or_coverage() {
        for threads in [1, 2, 5] {
            assert_eq!(
                in_order(100, threads, |index| index * index).unwrap(),
                (0..100).map(|i| i * i).collect::<Vec<_>>()
            );
            for chunk in [1, 7, 64, 1000] {
                let mut values = vec![0; 100];
                over_chunks(&mut values, chunk, threads, |first, part| {
                    for (offset, value) in part.iter_mut().enumerate() {
                        *value += first + offset;
                    }
                })
                .unwrap();
                assert_eq!(values, (0..100).collect::<Vec<_>>());
            }
        }
    }
}
