//! The line on the terminal while a run goes on.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use downbeat_schemas::time::Timestamp;

use super::fleet::Census;
use super::phase::Phase;

const REDRAW: Duration = Duration::from_millis(250);
const BAR_CELLS: usize = 20;

/// Draws on stderr, if that is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    is_shown: bool,
    drawn_at: Timestamp,
    patches_then: u64,
    phase: Option<(Phase, Timestamp)>,
}

/// What there is to see.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) phase: Phase,
    pub(super) census: &'a Census,
    pub(super) patches_ever: u64,
}

impl Progress {
    /// Wanted or not.
    pub(super) fn new(is_wanted: bool) -> Self {
        Self {
            is_shown: is_wanted && std::io::stderr().is_terminal(),
            drawn_at: Timestamp(0),
            patches_then: 0,
            phase: None,
        }
    }

    /// Draws, unless it did so a moment ago.
    pub(super) fn show(&mut self, view: View<'_>, now: Timestamp) {
        let elapsed = now.since(self.drawn_at);
        if !self.is_shown || elapsed < REDRAW {
            return;
        }
        let since = match self.phase {
            Some((phase, since)) if phase == view.phase => since,
            _ => now,
        };
        self.phase = Some((view.phase, since));
        let patches = view.patches_ever - self.patches_then;
        let rate = patches as f64 / elapsed.as_secs_f64();
        let line = line(view, done(view, since, now), rate);
        // A terminal that is gone is no reason to end the run.
        let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
        self.drawn_at = now;
        self.patches_then = view.patches_ever;
    }

    /// Leaves an empty line.
    pub(super) fn clear(&self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// How much of the phase is done, from 0 to 1.
fn done(view: View<'_>, since: Timestamp, now: Timestamp) -> f64 {
    let part = match view.phase {
        Phase::Joining { .. } => f64::from(view.census.joined) / f64::from(view.census.wanted),
        Phase::WarmUp { until } | Phase::Measuring { until } => {
            now.since(since).as_secs_f64() / until.since(since).as_secs_f64()
        }
        Phase::Gathering | Phase::Leaving { .. } | Phase::Over => 1.0,
    };
    part.clamp(0.0, 1.0)
}

fn line(view: View<'_>, done: f64, patches_per_s: f64) -> String {
    let what = match view.phase {
        Phase::Joining { .. } | Phase::Gathering => "joining",
        Phase::WarmUp { .. } => "warm-up",
        Phase::Measuring { .. } => "measuring",
        Phase::Leaving { .. } | Phase::Over => "leaving",
    };
    let full = (done * BAR_CELLS as f64) as usize;
    let bar = "#".repeat(full) + &"-".repeat(BAR_CELLS - full);
    let Census {
        playing, wanted, ..
    } = view.census;
    format!("{what:9} [{bar}] {playing}/{wanted} clients, {patches_per_s:.0} patches/s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is() {
        let until = Timestamp(2_000);
        let census = Census {
            wanted: 100,
            playing: 50,
            joined: 50,
            ..Census::default()
        };
        for (phase, expected) in [
            (
                Phase::Joining { until },
                "joining   [##########----------] 50/100 clients, 7 patches/s",
            ),
            (
                Phase::Measuring { until },
                "measuring [###############-----] 50/100 clients, 7 patches/s",
            ),
        ] {
            let view = View {
                phase,
                census: &census,
                patches_ever: 7,
            };
            let done = done(view, Timestamp(0), Timestamp(1_500));
            assert_eq!(line(view, done, 7.0), expected);
        }
    }
}
