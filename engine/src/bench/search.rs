//! A bisection: the most of something that still holds.

/// Looks for the largest number that holds, from a first guess. Beyond the knee first, then back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    first: u32,
    max: u32,
    /// The most that held; 0 if none did.
    held: u32,
    /// The least that did not.
    broke: Option<u32>,
    steps_left: u32,
}

/// Beyond, the answer is good enough.
const STEPS_MAX: u32 = 12;

impl Search {
    pub(super) fn new(first: u32, max: u32) -> Self {
        Self {
            first: first.clamp(1, max),
            max,
            held: 0,
            broke: None,
            steps_left: STEPS_MAX,
        }
    }

    /// What to try next; `None` once the answer is known within a twentieth.
    pub(super) fn next(&self) -> Option<u32> {
        if self.steps_left == 0 {
            return None;
        }
        match (self.held, self.broke) {
            (0, None) => Some(self.first),
            (held, None) if held == self.max => None,
            (held, None) => Some((held * 3 / 2 + 1).min(self.max)),
            (0, Some(broke)) => (broke > 1).then_some(broke / 2),
            (held, Some(broke)) => {
                let is_near = broke - held <= (held / 20).max(1);
                (!is_near).then(|| held.midpoint(broke))
            }
        }
    }

    /// What became of a try.
    pub(super) fn note(&mut self, tried: u32, has_held: bool) {
        self.steps_left = self.steps_left.saturating_sub(1);
        if has_held {
            self.held = self.held.max(tried);
        } else {
            self.broke = Some(self.broke.map_or(tried, |broke| broke.min(tried)));
        }
    }

    /// The most that held; 0 if none did.
    pub(super) const fn held(&self) -> u32 {
        self.held
    }

    /// The least that did not; `None` if all held.
    pub(super) const fn broke(&self) -> Option<u32> {
        self.broke
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found where `knee` is the most that holds.
    fn check(first: u32, max: u32, knee: u32) {
        let mut search = Search::new(first, max);
        let mut tries = 0;
        while let Some(tried) = search.next() {
            assert!((1..=max).contains(&tried), "{tried}");
            search.note(tried, tried <= knee);
            tries += 1;
        }
        assert!(tries <= STEPS_MAX, "{tries}");
        let found = search.held();
        let knee = knee.min(max);
        assert!(
            found <= knee && knee - found <= (knee / 20).max(1),
            "{found} is not {knee}"
        );
        assert_eq!(search.broke().is_none(), found == max);
    }

    #[test]
    fn the_knee_is_found_wherever_it_is() {
        for knee in [1, 7, 20, 33, 61, 77, 150, 399] {
            check(20, 400, knee);
        }
        check(20, 40, 1_000);
        check(20, 10, 5);
    }

    #[test]
    fn nothing_that_holds_is_an_answer_too() {
        let mut search = Search::new(20, 400);
        while let Some(tried) = search.next() {
            search.note(tried, false);
        }
        assert_eq!((search.held(), search.broke()), (0, Some(1)));
    }
}
