//! What is measured, and when: figures count inside the window only.

use downbeat_schemas::time::Timestamp;
use hdrhistogram::Histogram;

use super::fault::Tally;

/// Microseconds matter, a minute is as bad as an hour.
const HIGHEST_US: u64 = 60_000_000;
const DIGITS: u8 = 3;

/// The figures of all clients together. Histograms hold microseconds.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) window: Window,
    /// From one patch or snapshot of a client to its next.
    pub(crate) inter_arrival: Histogram<u64>,
    /// From the intended send time of an input to the first state that contains it.
    pub(crate) input_to_state: Histogram<u64>,
    /// How old the newest patch was when a client sent an input: what a player acts upon.
    pub(crate) patch_age: Histogram<u64>,
    /// From the moment at which a client should have begun to join to its snapshot; since the
    /// start, inside the window or not.
    pub(crate) joins: Histogram<u64>,
    /// Of the generator itself: actual minus intended send time.
    pub(crate) send_lateness: Histogram<u64>,
    /// Of the generator itself: how long bytes had waited when it read them.
    pub(crate) read_lateness: Histogram<u64>,
    pub(crate) counts: Counts,
    /// Patches since the start, inside the window or not: for the progress line.
    pub(crate) patches_ever: u64,
    /// What went wrong since the start, inside the window or not.
    pub(super) faults: Tally,
}

/// What happened inside the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) patches: u64,
    /// Messages that carry a patch, without frame heads.
    pub(crate) patch_bytes: u64,
    pub(crate) snapshots: u64,
    pub(crate) events: u64,
    pub(crate) inputs: u64,
    /// Inputs that were not sent because the server did not read those before.
    pub(crate) inputs_blocked: u64,
    /// Inputs that the generator was too late to send.
    pub(crate) inputs_unsent: u64,
    /// Inputs that had no answer when the window closed.
    pub(crate) inputs_unanswered: u64,
    /// Frames included, TCP and IP not.
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

impl Counts {
    const fn absorb(&mut self, other: &Self) {
        self.patches += other.patches;
        self.patch_bytes += other.patch_bytes;
        self.snapshots += other.snapshots;
        self.events += other.events;
        self.inputs += other.inputs;
        self.inputs_blocked += other.inputs_blocked;
        self.inputs_unsent += other.inputs_unsent;
        self.inputs_unanswered += other.inputs_unanswered;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
    }
}

/// The time that is measured. Closed until it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) opens: Timestamp,
    pub(crate) closes: Timestamp,
}

impl Window {
    const NEVER: Self = Self {
        opens: Timestamp::NEVER,
        closes: Timestamp::NEVER,
    };

    pub(crate) fn contains(&self, time: Timestamp) -> bool {
        self.opens <= time && time < self.closes
    }

    pub(crate) const fn seconds(&self) -> f64 {
        self.closes.since(self.opens).as_secs_f64()
    }
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            window: Window::NEVER,
            inter_arrival: histogram(),
            input_to_state: histogram(),
            patch_age: histogram(),
            joins: histogram(),
            send_lateness: histogram(),
            read_lateness: histogram(),
            counts: Counts::default(),
            patches_ever: 0,
            faults: Tally::default(),
        }
    }

    /// Adds what another run measured in the same window.
    pub(crate) fn absorb(&mut self, other: &Self) {
        for (all, more) in [
            (&mut self.inter_arrival, &other.inter_arrival),
            (&mut self.input_to_state, &other.input_to_state),
            (&mut self.patch_age, &other.patch_age),
            (&mut self.joins, &other.joins),
            (&mut self.send_lateness, &other.send_lateness),
            (&mut self.read_lateness, &other.read_lateness),
        ] {
            all.add(more).expect("all have the same bounds");
        }
        self.counts.absorb(&other.counts);
        self.patches_ever += other.patches_ever;
        self.faults.absorb(&other.faults);
    }

    /// A client's bytes came at `arrived` and were read at `now`.
    pub(crate) fn received(&mut self, bytes: usize, arrived: Timestamp, now: Timestamp) {
        if self.window.contains(arrived) {
            self.counts.bytes_in += bytes as u64;
            record(&mut self.read_lateness, arrived, now);
        }
    }

    /// A message with a patch came.
    pub(crate) fn patch(&mut self, bytes: usize, now: Timestamp) {
        self.patches_ever += 1;
        if self.window.contains(now) {
            self.counts.patches += 1;
            self.counts.patch_bytes += bytes as u64;
        }
    }

    /// A snapshot came to a client that had one.
    pub(crate) fn snapshot(&mut self, now: Timestamp) {
        self.counts.snapshots += u64::from(self.window.contains(now));
    }

    pub(crate) fn event(&mut self, now: Timestamp) {
        self.counts.events += u64::from(self.window.contains(now));
    }

    /// A client's patch or snapshot came at `now`, the one before it at `before`.
    pub(crate) fn state(&mut self, before: Timestamp, now: Timestamp) {
        if self.window.contains(now) {
            record(&mut self.inter_arrival, before, now);
        }
    }

    /// A client is given up or the window closes at `now`: the wait for its next patch was at least
    /// this long. Left out, a server that falls silent would look punctual.
    pub(crate) fn open_gap(&mut self, before: Timestamp, patch_period_ns: u64, now: Timestamp) {
        let is_late = now.0.saturating_sub(before.0) > patch_period_ns;
        if is_late && self.is_open_until(now) {
            record(&mut self.inter_arrival, before, now);
        }
    }

    /// A client that should have begun to join at `wanted` plays.
    pub(crate) fn joined(&mut self, wanted: Timestamp, now: Timestamp) {
        record(&mut self.joins, wanted, now);
    }

    /// A client acts at `now` upon a state that came at `state_at`.
    pub(crate) fn acts(&mut self, state_at: Timestamp, now: Timestamp) {
        if self.window.contains(now) {
            record(&mut self.patch_age, state_at, now);
        }
    }

    /// An input was sent at `now`.
    pub(crate) fn input(&mut self, intended: Timestamp, bytes: usize, now: Timestamp) {
        if self.window.contains(intended) {
            self.counts.inputs += 1;
            self.counts.bytes_out += bytes as u64;
            record(&mut self.send_lateness, intended, now);
        }
    }

    /// An input was due but the window closes, at `now`, before the generator came to it.
    pub(crate) fn input_unsent(&mut self, intended: Timestamp, now: Timestamp) {
        if self.window.contains(intended) {
            self.counts.inputs_unsent += 1;
            record(&mut self.send_lateness, intended, now);
        }
    }

    /// An input was due but the client's socket takes no more.
    pub(crate) fn input_blocked(&mut self, intended: Timestamp) {
        self.counts.inputs_blocked += u64::from(self.window.contains(intended));
    }

    /// The first state that contains an input came at `now`.
    pub(crate) fn answer(&mut self, intended: Timestamp, now: Timestamp) {
        if self.window.contains(intended) {
            record(&mut self.input_to_state, intended, now);
        }
    }

    /// An input has no answer at the end, `now`. One that had twice the time that a punctual
    /// server needs counts with the time it had.
    pub(crate) fn unanswered(&mut self, intended: Timestamp, patch_period_ns: u64, now: Timestamp) {
        if !self.window.contains(intended) {
            return;
        }
        self.counts.inputs_unanswered += 1;
        if now.0.saturating_sub(intended.0) > 2 * patch_period_ns {
            record(&mut self.input_to_state, intended, now);
        }
    }

    fn is_open_until(&self, now: Timestamp) -> bool {
        self.window.opens <= now && now <= self.window.closes
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, HIGHEST_US, DIGITS).expect("the bounds are in order")
}

fn record(histogram: &mut Histogram<u64>, from: Timestamp, to: Timestamp) {
    histogram.saturating_record(to.0.saturating_sub(from.0) / 1_000);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const PERIOD_NS: u64 = 50 * MS;

    fn at(ms: u64) -> Timestamp {
        Timestamp(ms * MS)
    }

    fn meter(opens: u64, closes: u64) -> Meter {
        let mut meter = Meter::new();
        meter.window = Window {
            opens: at(opens),
            closes: at(closes),
        };
        meter
    }

    /// One client for ten seconds at 20 Hz; between `stall` and `stall + 200` ms nothing comes.
    fn with_stall(stall: u64) -> Meter {
        let mut meter = meter(0, 10_000);
        let mut before = at(0);
        for due in (50..10_000).step_by(50) {
            let comes = if (stall..stall + 200).contains(&due) {
                stall + 200
            } else {
                due
            };
            if comes < 10_000 {
                meter.state(before, at(comes));
                before = at(comes);
            }
        }
        meter.open_gap(before, PERIOD_NS, at(10_000));
        meter
    }

    fn check_max(meter: &Meter, expected_ms: u64) {
        let max_us = meter.inter_arrival.max();
        assert!(
            max_us.abs_diff(expected_ms * 1_000) <= expected_ms,
            "{max_us}"
        );
    }

    #[test]
    fn a_stall_of_200_ms_shows() {
        let meter = with_stall(5_025);
        check_max(&meter, 225);
        assert!(meter.inter_arrival.value_at_quantile(0.999) > 220_000);
        assert!(meter.inter_arrival.value_at_quantile(0.5) < 51_000);
    }

    #[test]
    fn a_stall_that_the_end_cuts_shows() {
        check_max(&with_stall(9_851), 150);
    }

    #[test]
    fn a_wait_that_is_not_yet_long_is_no_gap() {
        let mut meter = meter(0, 1_000);
        meter.open_gap(at(960), PERIOD_NS, at(1_000));
        assert!(meter.inter_arrival.is_empty());
    }

    #[test]
    fn only_the_window_counts() {
        let mut meter = meter(100, 200);
        for ms in [99, 100, 199, 200] {
            meter.state(at(50), at(ms));
            meter.received(10, at(ms), at(ms));
            meter.input(at(ms), 60, at(ms + 500));
            meter.answer(at(ms), at(ms + 500));
        }
        assert_eq!(meter.inter_arrival.len(), 2);
        assert_eq!(meter.send_lateness.len(), 2);
        assert_eq!(meter.input_to_state.len(), 2);
        assert_eq!((meter.counts.bytes_in, meter.counts.inputs), (20, 2));
    }

    #[test]
    fn inputs_that_a_late_generator_never_sent_show_in_its_lateness() {
        let mut meter = meter(0, 1_000);
        meter.input(at(10), 60, at(10));
        meter.input_unsent(at(20), at(1_000));
        assert_eq!(meter.counts.inputs_unsent, 1);
        assert!(meter.send_lateness.value_at_quantile(0.99) >= 980_000);
    }

    #[test]
    fn an_input_without_an_answer_counts_with_the_time_it_had() {
        let mut meter = meter(0, 1_000);
        for intended in [100, 950] {
            meter.unanswered(at(intended), PERIOD_NS, at(1_000));
        }
        assert_eq!(meter.counts.inputs_unanswered, 2);
        assert_eq!(meter.input_to_state.len(), 1);
        assert!(meter.input_to_state.max() >= 900_000);
    }
}
