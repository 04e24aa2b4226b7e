//! Who plays with whom.

use std::cmp::Reverse;

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
    let mut matches = Vec::new();
    let mut waits_on = Vec::new();
    for place in ranks.oldest_first() {
        if ranks.is_taken[place] {
            continue;
        }
        let chosen = ranks.nearest(place, rules);
        let players = chosen.len() as u32;
        if rules.allow(players, ranks.at(place).waited) {
            matches.push(chosen.iter().map(|place| ranks.take(*place)).collect());
        } else {
            waits_on.push((place, players));
        }
    }
    // Some of them were chosen by a younger one since.
    waits_on.retain(|&(place, players)| !ranks.is_taken[place] && ranks.at(place).found != players);
    let found = waits_on.into_iter();
    let found = found.map(|(place, players)| (ranks.at(place).session, players));
    Matching {
        matches,
        found: found.collect(),
    }
}

/// All who wait, by rank; those who are taken are stepped over. Places count from 1.
struct Ranks {
    by_rank: Vec<Waiting>,
    /// The next free place on each side: 0 and one beyond the last stand for none.
    below: Vec<usize>,
    above: Vec<usize>,
    is_taken: Vec<bool>,
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
            below: (0..count + 2)
                .map(|place| place.saturating_sub(1))
                .collect(),
            above: (1..count + 3).collect(),
            is_taken: vec![false; count + 2],
        }
    }

    fn oldest_first(&self) -> impl Iterator<Item = usize> + use<> {
        let places = (1..).zip(&self.by_rank);
        let mut ages: Vec<_> = places
            .map(|(place, entrant)| (Reverse(entrant.waited), entrant.session, place))
            .collect();
        ages.sort_unstable();
        ages.into_iter().map(|(_, _, place)| place)
    }

    fn at(&self, place: usize) -> &Waiting {
        &self.by_rank[place - 1]
    }

    /// The place itself and those nearest to it within its window, as many as a match needs.
    fn nearest(&self, place: usize, rules: &MatchRules) -> Vec<usize> {
        let first = self.at(place);
        let window = rules.window.after(first.waited);
        let distance = |place: usize| {
            let entrant = self.by_rank.get(place.checked_sub(1)?)?;
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
        self.is_taken[place] = true;
        self.at(place).session
    }
}
