//! A server before anybody comes: by itself, then with rooms that are empty.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::subject::{Subject, SubjectError};
use crate::load::Usage;

/// What it used.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Quiet {
    pub(super) alone: State,
    pub(super) empty_rooms: u32,
    pub(super) with_rooms: State,
    pub(super) per_room_kib: f64,
}

/// Over some seconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct State {
    /// Of one core.
    pub(super) cpu_percent: f64,
    pub(super) rss_kib: u64,
}

/// How long each state is watched. /proc counts in hundredths of a second.
const WATCH: Duration = Duration::from_millis(2_500);

/// Watches a server of ours; `None` once `stop` is set.
pub(super) fn watch(
    subject: &Subject,
    rooms: u32,
    stop: &AtomicBool,
) -> Result<Option<Quiet>, SubjectError> {
    let alone = state(subject);
    for _ in 0..rooms {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        subject.create_room("arena")?;
    }
    let with_rooms = state(subject);
    let (Some(alone), Some(with_rooms)) = (alone, with_rooms) else {
        return Ok(None);
    };
    let more_kib = with_rooms.rss_kib as f64 - alone.rss_kib as f64;
    Ok(Some(Quiet {
        alone,
        empty_rooms: rooms,
        with_rooms,
        per_room_kib: more_kib / f64::from(rooms.max(1)),
    }))
}

fn state(subject: &Subject) -> Option<State> {
    let (before, start) = (subject.usage()?, Instant::now());
    sleep(WATCH);
    let after = subject.usage()?;
    Some(State {
        cpu_percent: percent(&before, &after, start.elapsed()),
        rss_kib: after.rss_kib,
    })
}

fn percent(before: &Usage, after: &Usage, wall: Duration) -> f64 {
    after.cpu.since(before.cpu).total_s() / wall.as_secs_f64() * 100.0
}
