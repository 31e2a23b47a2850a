//! Counting a big ledger in parts at once: its pages share nothing, and sums of pages add up.

use std::ops::Range;

use crate::ledger::Ledger;

/// Fewer are counted sooner than it takes to divide them.
const PAGES: usize = 4;
/// The machine has calls to carry, too.
const THREADS: usize = 2;

/// What `count` says of each part, in the order of the pages.
pub(super) fn in_parts<T: Send>(ledger: &Ledger, count: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if ledger.pages() < PAGES { 1 } else { cores.min(THREADS) };
    let mut parts = ledger.cut(threads).into_iter();
    let Some(first) = parts.next() else { return Vec::new() };
    let count = &count;
    std::thread::scope(|scope| {
        let others: Vec<_> = parts.map(|pages| scope.spawn(move || count(pages))).collect();
        let mut counted = vec![count(first)];
        for other in others {
            match other.join() {
                Ok(part) => counted.push(part),
                // Whatever went wrong there went wrong here.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        counted
    })
}
