//! CPU time of the calling thread, and medians of interleaved runs.

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};

/// Returns the CPU time that the calling thread has used.
pub(crate) fn thread_cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("every thread has this clock").into()
}

/// Returns the CPU time, user and system, of the child processes that have ended and were waited
/// for.
pub(crate) fn children_cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("a process may ask for its children");
    let micros = |time: nix::sys::time::TimeVal| {
        Duration::from_micros(time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64)
    };
    micros(usage.user_time()) + micros(usage.system_time())
}

/// Returns the CPU seconds of the calling thread for `work`.
pub(crate) fn cpu_seconds(work: impl FnOnce()) -> f64 {
    let start = thread_cpu();
    work();
    (thread_cpu() - start).as_secs_f64()
}

/// Returns the wall-clock seconds for `work`.
pub(crate) fn wall_seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// Returns the median; for an even number, the mean of the middle two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// Returns the given percentile of the values.
pub(crate) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

/// The medians of two things that were measured alternately.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
    /// The median of each pair's ratio, ours to theirs. Whatever slows both at a time cancels out.
    pub(crate) ratio: f64,
}

/// Measures both sides `pairs` times alternately. The side that goes first changes from pair to
/// pair.
pub(crate) fn interleaved(
    pairs: usize,
    mut ours: impl FnMut() -> anyhow::Result<f64>,
    mut theirs: impl FnMut() -> anyhow::Result<f64>,
) -> anyhow::Result<Pair> {
    let mut measured = Vec::new();
    for pair in 0..pairs {
        let both = if pair % 2 == 0 {
            let own = ours()?;
            (own, theirs()?)
        } else {
            let other = theirs()?;
            (ours()?, other)
        };
        measured.push(both);
    }
    let column = |pick: fn(&(f64, f64)) -> f64| median(&measured.iter().map(pick).collect::<Vec<_>>());
    Ok(Pair {
        ours: column(|pair| pair.0),
        theirs: column(|pair| pair.1),
        ratio: column(|pair| pair.0 / pair.1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_lists() {
        let check = |values: &[f64], expected: f64| assert_eq!(median(values), expected, "{values:?}");
        check(&[3.0], 3.0);
        check(&[5.0, 1.0, 3.0], 3.0);
        check(&[4.0, 1.0, 3.0, 2.0], 2.5);
        assert_eq!(percentile(&[4.0, 1.0, 3.0, 2.0], 99), 4.0);
        assert_eq!(percentile(&[4.0, 1.0, 3.0, 2.0], 50), 3.0);
    }

    /// A slow moment that affects both sides of a pair does not change the ratio.
    #[test]
    fn pairs_cancel_what_slows_both() {
        let (mut own, mut other) = ([2.0, 20.0, 2.0].into_iter(), [1.0, 10.0, 1.0].into_iter());
        let pair = interleaved(3, || Ok(own.next().unwrap()), || Ok(other.next().unwrap())).unwrap();
        assert_eq!((pair.ours, pair.theirs, pair.ratio), (2.0, 1.0, 2.0));
    }
}
