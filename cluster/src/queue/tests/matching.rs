//! Who plays with whom.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use downbeat_schemas::id::SessionId;

use super::random::Random;
use crate::queue::{Incomplete, MatchRules, Matching, RankWindow, Waiting, match_up};

fn waiting(entrants: &[(u64, f64, u64)]) -> Vec<Waiting> {
    let waiting = entrants.iter().map(|&(session, rank, seconds)| Waiting {
        session: SessionId(session),
        rank,
        waited: Duration::from_secs(seconds),
        found: 1,
    });
    waiting.collect()
}

/// Fifty apart at first, ten more each second, at most two hundred.
fn ranked(players: u32) -> MatchRules {
    let window = RankWindow {
        start: 50.0,
        per_second: 10.0,
        max: 200.0,
    };
    MatchRules {
        window,
        ..MatchRules::new(players)
    }
}

/// Entrants as (session, rank, seconds waited).
fn check(
    entrants: &[(u64, f64, u64)],
    rules: MatchRules,
    matches: &[&[u64]],
    found: &[(u64, u32)],
) {
    let matching = match_up(&waiting(entrants), &rules);
    let sessions = |sessions: &[u64]| sessions.iter().copied().map(SessionId).collect();
    let expected = Matching {
        matches: matches.iter().map(|entrants| sessions(entrants)).collect(),
        found: found
            .iter()
            .map(|(session, found)| (SessionId(*session), *found))
            .collect(),
    };
    assert_eq!(matching, expected, "{entrants:?}");
}

#[test]
fn nobody_and_one_are_no_match() {
    check(&[], ranked(2), &[], &[]);
    check(&[(1, 0.0, 9)], ranked(2), &[], &[]);
    check(&[(1, 0.0, 0)], ranked(1), &[&[1]], &[]);
}

#[test]
fn the_one_who_waited_longest_chooses_the_nearest() {
    let entrants = [(1, 100.0, 5), (2, 140.0, 1), (3, 70.0, 0), (4, 105.0, 0)];
    check(&entrants, ranked(2), &[&[1, 4]], &[]);
}

#[test]
fn without_a_window_all_play() {
    let entrants = [(1, 0.0, 0), (2, 1e9, 0), (3, -1e9, 0), (4, 5.0, 0)];
    check(&entrants, MatchRules::new(4), &[&[1, 4, 3, 2]], &[]);
}

#[test]
fn a_window_widens_with_waiting_up_to_its_maximum() {
    let far = |seconds| [(1, 0.0, seconds), (2, 120.0, 0)];
    check(&far(6), ranked(2), &[], &[]);
    check(&far(7), ranked(2), &[&[1, 2]], &[]);
    check(&[(1, 0.0, 999), (2, 201.0, 998)], ranked(2), &[], &[]);
}

#[test]
fn those_who_wait_are_told_how_many_are_in_sight() {
    let entrants = [(1, 0.0, 2), (2, 60.0, 1), (3, 125.0, 0)];
    check(&entrants, ranked(4), &[], &[(1, 2), (2, 2)]);
    let mut told = waiting(&entrants);
    told[0].found = 2;
    told[1].found = 3;
    let matching = match_up(&told, &ranked(4));
    assert_eq!(matching.found, [(SessionId(2), 2)], "changes only");
}

#[test]
fn an_incomplete_match_is_made_after_its_time_only() {
    let incomplete = Some(Incomplete {
        after: Duration::from_secs(10),
        players_min: 2,
    });
    let rules = MatchRules {
        incomplete,
        ..ranked(4)
    };
    check(&[(1, 0.0, 9), (2, 1.0, 0)], rules, &[], &[(1, 2), (2, 2)]);
    check(&[(1, 0.0, 10), (2, 1.0, 0)], rules, &[&[1, 2]], &[]);
    check(&[(1, 0.0, 10)], rules, &[], &[]);
}

/// Seeded queues of all shapes, each checked against what the rules promise.
#[test]
fn matches_keep_their_promises() {
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let (waiting, rules) = queue(&mut random);
        let matching = match_up(&waiting, &rules);
        let case = format!("seed {seed}: {rules:?} {waiting:?} {matching:?}");
        check_matches(&matching, &waiting, &rules, &case);
        check_the_oldest(&matching, &waiting, &rules, &case);
        check_those_left(&matching, &waiting, &rules, &case);
        let mut shuffled = waiting.clone();
        shuffled.sort_by_key(|entrant| entrant.session.0.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        assert_eq!(match_up(&shuffled, &rules), matching, "{case}");
    }
}

fn queue(random: &mut Random) -> (Vec<Waiting>, MatchRules) {
    let players = 1 + random.below(6) as u32;
    let spread = 1 + random.below(1_000);
    let count = random.below(60);
    let entrants = (0..count).map(|_| {
        let rank = random.below(spread) as f64 / 2.0;
        (random.next(), rank, random.below(20))
    });
    let waiting = waiting(&entrants.collect::<Vec<_>>());
    let incomplete = (random.below(2) == 0).then(|| Incomplete {
        after: Duration::from_secs(10),
        players_min: 1 + random.below(u64::from(players)) as u32,
    });
    let rules = MatchRules {
        incomplete,
        ..ranked(players)
    };
    (waiting, rules)
}

fn by_session(waiting: &[Waiting]) -> BTreeMap<SessionId, Waiting> {
    waiting
        .iter()
        .map(|found| (found.session, *found))
        .collect()
}

/// Nobody is in two matches, sizes are right, windows respected.
fn check_matches(matching: &Matching, waiting: &[Waiting], rules: &MatchRules, case: &str) {
    let known = by_session(waiting);
    let mut seen = BTreeSet::new();
    for sessions in &matching.matches {
        let players: Vec<Waiting> = sessions.iter().map(|session| known[session]).collect();
        assert!(
            sessions.iter().all(|session| seen.insert(*session)),
            "{case}"
        );
        assert!(players.len() <= rules.players as usize, "{case}");
        assert!(
            rules.allow(players.len() as u32, players[0].waited),
            "{case}"
        );
        let window = rules.window.after(players[0].waited);
        let is_near = |player: &Waiting| (player.rank - players[0].rank).abs() <= window;
        assert!(players.iter().all(is_near), "{case}");
    }
}

/// Whoever has waited longest plays, if enough are within its window. It may be chosen, too.
fn check_the_oldest(matching: &Matching, waiting: &[Waiting], rules: &MatchRules, case: &str) {
    let oldest = waiting
        .iter()
        .min_by_key(|entrant| (std::cmp::Reverse(entrant.waited), entrant.session));
    let Some(oldest) = oldest else { return };
    let window = rules.window.after(oldest.waited);
    let near = waiting
        .iter()
        .filter(|other| (other.rank - oldest.rank).abs() <= window);
    let can_play = rules.allow(near.count() as u32, oldest.waited);
    let plays = matching
        .matches
        .iter()
        .flatten()
        .any(|session| *session == oldest.session);
    assert!(plays || !can_play, "{case}");
}

/// Among those who are left, nobody could have made a match with the others who are left.
fn check_those_left(matching: &Matching, waiting: &[Waiting], rules: &MatchRules, case: &str) {
    let playing: BTreeSet<&SessionId> = matching.matches.iter().flatten().collect();
    let left: Vec<&Waiting> = waiting
        .iter()
        .filter(|entrant| !playing.contains(&entrant.session))
        .collect();
    for first in &left {
        let window = rules.window.after(first.waited);
        let near = left
            .iter()
            .filter(|other| (other.rank - first.rank).abs() <= window);
        assert!(!rules.allow(near.count() as u32, first.waited), "{case}");
    }
    assert!(
        matching
            .found
            .iter()
            .all(|(session, found)| !playing.contains(session)
                && *found >= 1
                && *found < rules.players),
        "{case}"
    );
}
