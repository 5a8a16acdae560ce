//! A step's threads: parts of the work, one a thread, and slices cut into as many.

use std::ops::Range;

/// Does `work` on each job at once, the first on this thread; results in the order of the jobs.
pub(super) fn on_threads<J: Send, T: Send>(
    jobs: impl IntoIterator<Item = J>,
    work: impl Fn(usize, J) -> T + Sync,
) -> Vec<T> {
    let mut jobs = jobs.into_iter();
    let Some(first) = jobs.next() else {
        return Vec::new();
    };
    std::thread::scope(|scope| {
        let work = &work;
        let handles: Vec<_> = jobs
            .enumerate()
            .map(|(t, job)| scope.spawn(move || work(t + 1, job)))
            .collect();
        let mut results = vec![work(0, first)];
        results.extend(
            handles
                .into_iter()
                .map(|handle| handle.join().expect("a worker does not panic")),
        );
        results
    })
}

/// A thread's share of `count` things: as even as it goes.
pub(super) fn share(count: usize, threads: usize, thread: usize) -> Range<usize> {
    count * thread / threads..count * (thread + 1) / threads
}

/// The threads' shares of a slice.
pub(super) fn shares<T>(mut slice: &mut [T], threads: usize) -> Vec<&mut [T]> {
    let count = slice.len();
    let cut = |t| slice.split_off_mut(..share(count, threads, t).len());
    let parts: Vec<_> = (0..threads).filter_map(cut).collect();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_shared_out_in_order() {
        let mut numbers: Vec<usize> = (0..10).collect();
        let parts = shares(&mut numbers, 3);
        assert_eq!(parts.iter().map(|p| p.len()).collect::<Vec<_>>(), [3, 3, 4]);
        let sums = on_threads(parts, |thread, part| (thread, part.iter().sum::<usize>()));
        assert_eq!(sums, [(0, 3), (1, 12), (2, 30)]);
    }
}
