//! Who plays with whom.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use downbeat_schemas::id::SessionId;

use super::{MatchRules, Waiting};

/// What there is to do for those who wait.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matching {
    /// Who is to play together; the one within whose window the others are comes first.
    pub matches: Vec<Vec<SessionId>>,
    /// For whom another number of players is in sight than it was told.
    pub found: Vec<(SessionId, u32)>,
}

/// Makes matches of those who wait.
///
/// The one who has waited longest chooses first: those nearest to its rank, if enough are within its
/// window; then the one who has waited longest of those who are left. So nobody is passed over for
/// whom there is a match.
///
/// The same list gives the same matches, whatever its order. Takes O(n log n) steps, and as many as
/// there are players in a match for each entrant.
pub fn match_up(waiting: &[Waiting], rules: &MatchRules) -> Matching {
    let mut ranks = Ranks::new(waiting);
    let mut matching = Matching::default();
    for place in ranks.oldest_first() {
        let Some(entrant) = ranks.free(place) else {
            continue;
        };
        let chosen = ranks.nearest(place, rules);
        let players = chosen.len() as u32;
        if rules.allow(players, entrant.waited) {
            let sessions = chosen.iter().map(|place| ranks.take(*place));
            matching.matches.push(sessions.collect());
        } else if entrant.found != players {
            matching.found.push((entrant.session, players));
        }
    }
    // Some who were told what they have found were chosen by a younger one since.
    matching
        .found
        .retain(|(session, _)| !ranks.is_taken(*session));
    matching
}

/// All who wait, by rank; those who are taken are stepped over.
struct Ranks {
    by_rank: Vec<Waiting>,
    /// The next free place on each side: one beyond the list's ends stands for none.
    below: Vec<usize>,
    above: Vec<usize>,
    taken: BTreeSet<SessionId>,
}

impl Ranks {
    fn new(waiting: &[Waiting]) -> Self {
        let mut by_rank = waiting.to_vec();
        by_rank.sort_unstable_by(|a, b| {
            let order = a.rank.total_cmp(&b.rank);
            order.then(a.session.cmp(&b.session))
        });
        by_rank.dedup_by_key(|entrant| entrant.session);
        let count = by_rank.len();
        Self {
            by_rank,
            // Places count from 1, so that 0 and count + 1 are the ends.
            below: (0..count + 2)
                .map(|place| place.saturating_sub(1))
                .collect(),
            above: (1..count + 3).collect(),
            taken: BTreeSet::new(),
        }
    }

    fn oldest_first(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (1..=self.by_rank.len()).collect();
        places.sort_by_key(|place| {
            let entrant = self.by_rank.get(place - 1);
            entrant.map(|entrant| (Reverse(entrant.waited), entrant.session))
        });
        places
    }

    fn at(&self, place: usize) -> Option<Waiting> {
        self.by_rank.get(place.checked_sub(1)?).copied()
    }

    fn free(&self, place: usize) -> Option<Waiting> {
        let entrant = self.at(place)?;
        (!self.is_taken(entrant.session)).then_some(entrant)
    }

    fn is_taken(&self, session: SessionId) -> bool {
        self.taken.contains(&session)
    }

    /// The place itself and those nearest to it within its window, as many as a match needs.
    fn nearest(&self, place: usize, rules: &MatchRules) -> Vec<usize> {
        let Some(first) = self.at(place) else {
            return Vec::new();
        };
        let window = rules.window.after(first.waited);
        let distance = |place: usize| {
            let entrant = self.at(place)?;
            let distance = (entrant.rank - first.rank).abs();
            (distance <= window).then_some(distance)
        };
        let mut chosen = vec![place];
        let (mut below, mut above) = (self.below[place], self.above[place]);
        while chosen.len() < rules.players as usize {
            let is_below = match (distance(below), distance(above)) {
                (Some(down), Some(up)) => down <= up,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            if is_below {
                chosen.push(below);
                below = self.below[below];
            } else {
                chosen.push(above);
                above = self.above[above];
            }
        }
        chosen
    }

    /// Takes somebody who is free out of the list.
    fn take(&mut self, place: usize) -> SessionId {
        let (below, above) = (self.below[place], self.above[place]);
        self.above[below] = above;
        self.below[above] = below;
        let session = self.by_rank[place - 1].session;
        self.taken.insert(session);
        session
    }
}
