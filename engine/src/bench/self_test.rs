//! Does a stall that is made on purpose show in every meter, as long as it was?

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::intervals::Intervals;
use super::play::During;
use super::report::{hlog, log_max_ms};
use super::scenario::{Scenario, Size};
use super::server::gauge_max;
use super::session::{Session, SessionError};
use super::subject::Subject;

/// What each meter made of one stall, milliseconds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SelfTest {
    /// From the stop to the word to go on.
    pub(super) stall_ms: f64,
    pub(super) meters: Vec<Meter>,
    /// All are within the tolerance.
    pub(super) is_passed: bool,
}

/// One meter.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Meter {
    pub(super) name: &'static str,
    pub(super) shows_ms: f64,
    pub(super) is_right: bool,
}

/// How far a meter may be off.
const TOLERANCE: f64 = 0.1;
const STALL: Duration = Duration::from_millis(200);
/// Ten rooms: the first tick that is due in the stall is due within 5 ms of its begin.
const CLIENTS: u32 = 500;
const ROOM: &str = "arena";
const PATCH_PERIOD_MS: f64 = 50.0;
const LONGEST: &str = "downbeat_tick_completion_lateness_max_seconds";
const WINDOW_S: f64 = 7.0;
const STALL_AT: Duration = Duration::from_secs(2);
/// Shards tell once a second, and the clerk looks twice.
const READ_AT: Duration = Duration::from_secs(5);

/// Stops the server's process in the middle of a game.
pub(super) fn run(session: &mut Session<'_>) -> Result<SelfTest, SessionError> {
    let plan = Scenario::Arena.plan(Size {
        clients: Some(CLIENTS),
        shards: 1,
        seconds: WINDOW_S,
        is_quick: false,
    });
    let mut holdup = HoldUp::default();
    let take = session.play_once(&plan, &mut holdup)?;
    let ticks = take.rooms.get(ROOM);
    let harvest = take.harvests[0].as_ref();
    let inter_arrival_us = harvest.map_or(0, |harvest| harvest.meter.inter_arrival.max());
    Ok(SelfTest::new(
        holdup.lasted.unwrap_or_default().as_secs_f64() * 1e3,
        [
            (
                "server histograms",
                ticks.map_or(0.0, |ticks| ticks.completion_lateness.max() as f64 / 1e6),
            ),
            ("/metrics", holdup.metrics_s * 1e3),
            ("clients", inter_arrival_us as f64 / 1e3 - PATCH_PERIOD_MS),
            (".hlog", longest_in_log(&take.intervals)),
        ],
    ))
}

/// What the interval log has, once it is written and read back.
fn longest_in_log(intervals: &Intervals) -> f64 {
    let name = format!("completion-lateness-{ROOM}");
    let logged = intervals.all.get(&name).map(|all| hlog(&name, all));
    logged.and_then(|log| log_max_ms(&log)).unwrap_or(0.0)
}

impl SelfTest {
    fn new(stall_ms: f64, meters: [(&'static str, f64); 4]) -> Self {
        let is_right =
            |shows_ms: f64| stall_ms > 0.0 && (shows_ms / stall_ms - 1.0).abs() <= TOLERANCE;
        let meters = meters.map(|(name, shows_ms)| Meter {
            name,
            shows_ms,
            is_right: is_right(shows_ms),
        });
        Self {
            stall_ms,
            is_passed: meters.iter().all(|meter| meter.is_right),
            meters: meters.to_vec(),
        }
    }
}

/// Stops the server once, and reads its metrics when it has told them.
#[derive(Debug, Default)]
struct HoldUp {
    lasted: Option<Duration>,
    metrics_s: f64,
    is_read: bool,
}

impl During for HoldUp {
    fn at(&mut self, subject: &Subject, since_open: Duration) {
        if self.lasted.is_none() && since_open >= STALL_AT {
            self.lasted = Some(hold_up(subject));
        }
        if !self.is_read && since_open >= READ_AT {
            let page = subject.metrics().unwrap_or_default();
            self.metrics_s = gauge_max(&page, LONGEST, ROOM);
            self.is_read = true;
        }
    }
}

/// How long it stood still; nothing if it could not be stopped.
fn hold_up(subject: &Subject) -> Duration {
    let Some(signals) = subject.signals() else {
        return Duration::ZERO;
    };
    let start = Instant::now();
    if signals.stop().is_err() {
        return Duration::ZERO;
    }
    sleep(STALL);
    // A process that cannot be told to go on is gone: then no meter shows anything.
    let _ = signals.go_on();
    start.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shows: [f64; 4], is_passed: bool) {
        let [a, b, c, d] = shows;
        let test = SelfTest::new(200.0, [("a", a), ("b", b), ("c", c), ("d", d)]);
        assert_eq!(test.is_passed, is_passed, "{test:?}");
    }

    #[test]
    fn one_meter_that_is_wrong_fails_the_test() {
        check([199.0, 198.0, 201.0, 219.0], true);
        check([199.0, 198.0, 201.0, 221.0], false);
        check([150.0, 198.0, 201.0, 200.0], false);
        check([199.0, 0.0, 201.0, 200.0], false);
        let never = SelfTest::new(0.0, [("a", 0.0), ("b", 0.0), ("c", 0.0), ("d", 0.0)]);
        assert!(!never.is_passed);
    }
}
