//! How far it is, on the terminal: a bar if it is one, else a line for each step.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

const REDRAW: Duration = Duration::from_millis(250);
const BAR_CELLS: usize = 24;

/// The steps of a whole benchmark.
#[derive(Debug)]
pub(super) struct Progress {
    is_terminal: bool,
    /// Of all steps, and of those that are done.
    expected_s: f64,
    done_s: f64,
    step: String,
    step_s: f64,
    phase: &'static str,
    began: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// All steps together are expected to take so long.
    pub(super) fn new(expected_s: f64) -> Self {
        Self {
            is_terminal: stderr().is_terminal(),
            expected_s: expected_s.max(1.0),
            done_s: 0.0,
            step: String::new(),
            step_s: 0.0,
            phase: "",
            began: Instant::now(),
            drawn: None,
        }
    }

    /// The next step begins.
    pub(super) fn step(&mut self, step: &str, expected_s: f64) {
        self.done_s += self.step_s;
        step.clone_into(&mut self.step);
        (self.step_s, self.phase) = (expected_s, "");
        self.began = Instant::now();
        self.drawn = None;
        if !self.is_terminal {
            // Whoever reads this may have gone: that is no reason to end.
            let _ = writeln!(stderr(), "{step} (about {expected_s:.0} s)");
        }
        self.tick();
    }

    pub(super) fn phase(&mut self, phase: &'static str) {
        self.phase = phase;
        self.drawn = None;
        self.tick();
    }

    /// Draws, unless it did so a moment ago.
    pub(super) fn tick(&mut self) {
        if !self.is_terminal || self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) {
            return;
        }
        self.drawn = Some(Instant::now());
        let in_step_s = self.began.elapsed().as_secs_f64().min(self.step_s);
        let line = line(
            self.done_s + in_step_s,
            self.expected_s,
            &self.step,
            self.phase,
        );
        let _ = write!(stderr(), "\r\x1b[K{line}");
    }

    /// Leaves an empty line.
    pub(super) fn clear(&self) {
        if self.is_terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

fn line(done_s: f64, expected_s: f64, step: &str, phase: &str) -> String {
    let part = (done_s / expected_s).clamp(0.0, 1.0);
    let full = (part * BAR_CELLS as f64) as usize;
    let bar = "█".repeat(full) + &"░".repeat(BAR_CELLS - full);
    let left_s = (expected_s - done_s).max(0.0).ceil() as u64;
    let (minutes, seconds) = (left_s / 60, left_s % 60);
    let percent = (part * 100.0) as u32;
    let phase = if phase.is_empty() {
        String::new()
    } else {
        format!(", {phase}")
    };
    format!("{bar} {percent:3} %  {minutes}:{seconds:02} left  {step}{phase}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is_and_what_is_done() {
        let bar = "█".repeat(12) + &"░".repeat(12);
        assert_eq!(
            line(90.0, 180.0, "arena", "measuring"),
            format!("{bar}  50 %  1:30 left  arena, measuring")
        );
        let full = "█".repeat(24);
        assert_eq!(
            line(190.0, 180.0, "hot", ""),
            format!("{full} 100 %  0:00 left  hot")
        );
    }
}
