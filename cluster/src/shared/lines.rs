//! The requests of this node that wait for another to create a room: one line for each name and
//! filter, asked after in rounds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::time::Timestamp;

use crate::{Filter, FindError, Query};

/// Between two rounds of a line: a room is found this much later than it could be, at most.
const ROUND: Duration = Duration::from_millis(25);
/// The same, while the store is out of reach.
const ROUND_AFTER_FAILURE: Duration = Duration::from_millis(250);

/// Who waits for the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineKey {
    pub(crate) name: Arc<str>,
    pub(crate) filter: Filter,
}

/// See the module. Only a node's first in line asks the store, so that a storm of requests does
/// not become one of questions.
#[derive(Debug)]
pub(crate) struct Lines<W> {
    lines: BTreeMap<LineKey, Line<W>>,
    waiting: u64,
    waiting_max: u64,
}

#[derive(Debug)]
struct Line<W> {
    waiting: VecDeque<W>,
    /// A round is under way, with those who waited at its begin.
    is_asked: bool,
    next_at: Timestamp,
}

/// How a round went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoundEnd {
    Asked,
    Failed,
}

impl LineKey {
    pub(crate) fn of(query: &Query) -> Self {
        Self {
            name: query.name.clone(),
            filter: query.filter.clone(),
        }
    }
}

impl<W> Lines<W> {
    /// Lines in which no more than so many wait, all together.
    pub(crate) const fn new(waiting_max: u64) -> Self {
        Self {
            lines: BTreeMap::new(),
            waiting: 0,
            waiting_max,
        }
    }

    pub(crate) const fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Whether somebody waits for this already, and so goes first.
    pub(crate) fn has(&self, key: &LineKey) -> bool {
        self.lines.contains_key(key)
    }

    /// Puts one more at the end of a line.
    ///
    /// # Errors
    /// Gives it back if too many wait.
    pub(crate) fn join(
        &mut self,
        key: LineKey,
        waiter: W,
        now: Timestamp,
    ) -> Result<(), (W, FindError)> {
        let waiting = self.waiting;
        if waiting >= self.waiting_max {
            return Err((waiter, FindError::Crowded { waiting }));
        }
        self.waiting += 1;
        let line = self.lines.entry(key).or_insert_with(|| Line {
            waiting: VecDeque::new(),
            is_asked: false,
            next_at: now.after(ROUND),
        });
        line.waiting.push_back(waiter);
        Ok(())
    }

    /// Those of a line that is due, the first to come at the front.
    pub(crate) fn begin_round(&mut self, now: Timestamp) -> Option<(LineKey, VecDeque<W>)> {
        let is_due = |line: &Line<W>| !line.is_asked && line.next_at <= now;
        let (key, line) = self.lines.iter_mut().find(|(_, line)| is_due(line))?;
        line.is_asked = true;
        Some((key.clone(), std::mem::take(&mut line.waiting)))
    }

    /// Takes back those who have no answer yet, in their order; `gone` have theirs or gave up.
    pub(crate) fn end_round(
        &mut self,
        key: &LineKey,
        mut unserved: VecDeque<W>,
        gone: u64,
        end: RoundEnd,
        now: Timestamp,
    ) {
        self.waiting -= gone;
        let Some(line) = self.lines.get_mut(key) else {
            return;
        };
        unserved.append(&mut line.waiting);
        line.waiting = unserved;
        line.is_asked = false;
        line.next_at = now.after(match end {
            RoundEnd::Asked => ROUND,
            RoundEnd::Failed => ROUND_AFTER_FAILURE,
        });
        if line.waiting.is_empty() {
            self.lines.remove(key);
        }
    }

    /// There is a new room or none comes: the next round of its line is due.
    pub(crate) fn hurry(&mut self, name: &str) {
        for (_, line) in self.lines.iter_mut().filter(|(key, _)| *key.name == *name) {
            line.next_at = Timestamp::default();
        }
    }

    /// When a round is due.
    pub(crate) fn next_at(&self) -> Timestamp {
        let lines = self.lines.values().filter(|line| !line.is_asked);
        let next = lines.map(|line| line.next_at).min();
        next.unwrap_or(Timestamp::NEVER)
    }

    /// All who wait, but for those of rounds under way.
    pub(crate) fn take_all(&mut self) -> Vec<W> {
        let lines = self.lines.values_mut();
        let all: Vec<W> = lines.flat_map(|line| line.waiting.drain(..)).collect();
        self.lines.retain(|_, line| line.is_asked);
        self.waiting -= all.len() as u64;
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);

    fn key(name: &str) -> LineKey {
        LineKey {
            name: name.into(),
            filter: Filter::default(),
        }
    }

    fn later(time_ms: u64) -> Timestamp {
        NOW.after(Duration::from_millis(time_ms))
    }

    fn join(lines: &mut Lines<u32>, waiter: u32) {
        lines.join(key("arena"), waiter, NOW).unwrap();
    }

    #[test]
    fn who_comes_during_a_round_is_behind_those_who_were_in_it() {
        let mut lines = Lines::new(9);
        (1..=3).for_each(|waiter| join(&mut lines, waiter));
        assert_eq!(lines.begin_round(later(24)), None);
        let (key, mut asked) = lines.begin_round(later(25)).unwrap();
        join(&mut lines, 4);
        assert_eq!(lines.begin_round(later(99)), None, "one round at a time");
        assert_eq!(asked.pop_front(), Some(1));
        lines.end_round(&key, asked, 1, RoundEnd::Asked, later(30));
        assert_eq!(lines.waiting(), 3);
        let (_, asked) = lines.begin_round(later(55)).unwrap();
        assert_eq!(asked, [2, 3, 4]);
        lines.end_round(&key, VecDeque::new(), 3, RoundEnd::Asked, later(60));
        assert!(!lines.has(&key));
        assert_eq!(lines.next_at(), Timestamp::NEVER);
    }

    #[test]
    fn no_more_wait_than_may() {
        let mut lines = Lines::new(1);
        join(&mut lines, 1);
        let (waiter, error) = lines.join(key("chat"), 2, NOW).unwrap_err();
        assert_eq!((waiter, error), (2, FindError::Crowded { waiting: 1 }));
        assert_eq!(lines.take_all(), [1]);
        lines.join(key("chat"), 2, NOW).unwrap();
    }

    #[test]
    fn news_of_a_name_hurry_its_lines_and_failures_slow_them_down() {
        let mut lines = Lines::new(9);
        join(&mut lines, 1);
        lines.hurry("chat");
        assert_eq!(lines.next_at(), later(25));
        lines.hurry("arena");
        let (key, asked) = lines.begin_round(NOW).unwrap();
        lines.end_round(&key, asked, 0, RoundEnd::Failed, NOW);
        assert_eq!(lines.next_at(), later(250));
    }
}
