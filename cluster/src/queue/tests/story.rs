//! One queue through all that may happen to it.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use downbeat_schemas::id::SessionId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use serde_json::json;

use super::{enter, entering, leave, stay};
use crate::Pending;
use crate::queue::{
    CLAIM, Claim, EmbeddedQueues, MatchId, News, OUTCOME, Outcome, QueueError, Queues, STAY,
    Settlement, TURN, Tending,
};

/// A queue and its clock.
struct Story {
    queues: EmbeddedQueues,
    now: Timestamp,
}

fn answered<T>(mut pending: Pending<Result<T, QueueError>>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pending.as_mut().poll(&mut context) {
        Poll::Ready(answer) => answer.unwrap(),
        Poll::Pending => panic!("what is in memory answers at once"),
    }
}

impl Story {
    fn new() -> Self {
        let limits = Limits {
            queue_entrants_max: 3,
            ..Limits::default()
        };
        Self {
            queues: EmbeddedQueues::new(&limits),
            now: Timestamp(1_000_000_000_000),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    fn tend(&self, tending: Tending) -> Vec<News> {
        let tended = answered(self.queues.tend("duel", tending, self.now));
        tended.news.into_iter().map(|(_, news)| news).collect()
    }

    fn news(&self, session: u64) -> News {
        self.tend(stay(&[session])).remove(0)
    }

    fn turn(&self) -> Option<Vec<(u64, Duration)>> {
        let waiting = answered(self.queues.take_turn("duel", self.now))?;
        let waiting = waiting
            .iter()
            .map(|entrant| (entrant.session.0, entrant.waited));
        Some(waiting.collect())
    }

    fn claim(&self, id: u64, sessions: &[u64]) -> bool {
        let sessions: Vec<_> = sessions.iter().copied().map(SessionId).collect();
        let claim = Claim {
            matches: vec![(MatchId(id), sessions.clone())],
            found: Vec::new(),
        };
        let claimed = answered(self.queues.claim("duel", claim, self.now)).remove(0);
        let named = |claimed: Vec<crate::queue::Entrant>| {
            let found: Vec<_> = claimed.iter().map(|entrant| entrant.session).collect();
            assert_eq!(found, sessions);
        };
        claimed.map(named).is_some()
    }

    fn settle(&self, id: u64, outcomes: &[(u64, Option<Outcome>)]) -> bool {
        let outcomes = outcomes.iter().cloned();
        let settlement = Settlement {
            id: MatchId(id),
            outcomes: outcomes
                .map(|(session, outcome)| (SessionId(session), outcome))
                .collect(),
        };
        answered(self.queues.settle("duel", settlement, self.now))
    }
}

fn seat(number: u64) -> Option<Outcome> {
    Some(Outcome::Seat(json!({ "sessionId": number })))
}

const WAITS: News = News::Waits { found: 1 };

#[test]
fn two_enter_and_get_their_seats() {
    let story = Story::new();
    assert_eq!(story.tend(enter(1, 5.0)), [WAITS]);
    assert_eq!(story.tend(enter(2, 6.0)), [WAITS]);
    assert!(story.claim(9, &[1, 2]));
    assert_eq!(story.news(1), News::Matched { players: 2 });
    assert_eq!(story.turn(), Some(vec![]), "nobody waits");
    assert!(!story.claim(8, &[1]), "who is claimed is not claimed twice");
    assert!(story.settle(9, &[(1, seat(11)), (2, seat(12))]));
    for _ in 0..2 {
        assert_eq!(
            story.news(1),
            News::Out(seat(11).unwrap()),
            "until it is fetched"
        );
    }
    assert_eq!(story.tend(leave(1)), []);
    assert_eq!(story.news(1), News::Unknown);
    assert_eq!(story.news(2), News::Out(seat(12).unwrap()));
    story.tend(leave(2));
    assert_eq!(story.queues.counts().entrants, 0);
}

#[test]
fn a_claim_takes_all_or_nobody() {
    let story = Story::new();
    story.tend(enter(1, 0.0));
    assert!(!story.claim(9, &[1, 2]));
    assert_eq!(story.news(1), WAITS);
}

#[test]
fn a_matcher_that_ends_anywhere_loses_nobody() {
    for is_told in [false, true] {
        let mut story = Story::new();
        story.tend(enter(1, 0.0));
        story.tend(enter(2, 0.0));
        story.pass(Duration::from_secs(3));
        assert!(story.claim(9, &[1, 2]));
        story.tend(stay(&[1, 2]));
        if is_told {
            // Told, but the home was not heard from in time.
            assert!(story.settle(9, &[(1, seat(11)), (2, seat(12))]));
        }
        let time = if is_told { OUTCOME } else { CLAIM };
        for _ in 0..2 {
            story.pass(time / 2);
            story.tend(Tending {
                entering: [1, 2]
                    .map(|number| entering(number, 0.0, Duration::ZERO))
                    .into(),
                ..Tending::default()
            });
        }
        let waiting = story.turn().unwrap();
        let waited: Vec<_> = waiting.iter().map(|(session, _)| *session).collect();
        assert_eq!(waited, [1, 2], "told: {is_told}");
        assert!(
            waiting[0].1 > time,
            "the time it has waited is kept: {waiting:?}"
        );
        assert!(
            !story.settle(9, &[(1, seat(11)), (2, seat(12))]),
            "too late"
        );
        assert_eq!(
            story.news(1),
            WAITS,
            "nobody is told of a seat that does not hold"
        );
        assert!(story.claim(10, &[1, 2]));
        assert!(
            !story.settle(9, &[(1, seat(11)), (2, seat(12))]),
            "another match"
        );
        assert!(story.settle(10, &[(1, seat(21)), (2, seat(22))]));
        assert_eq!(story.news(2), News::Out(seat(22).unwrap()));
    }
}

#[test]
fn a_match_of_which_one_left_is_none() {
    let story = Story::new();
    story.tend(enter(1, 0.0));
    story.tend(enter(2, 0.0));
    assert!(story.claim(9, &[1, 2]));
    story.tend(leave(2));
    assert!(!story.settle(9, &[(1, seat(11)), (2, seat(12))]));
    assert_eq!(story.news(1), WAITS);
}

#[test]
fn one_is_refused_and_the_other_waits_again() {
    let story = Story::new();
    story.tend(enter(1, 0.0));
    story.tend(enter(2, 0.0));
    assert!(story.claim(9, &[1, 2]));
    let refused = Outcome::Refused("no such weapon".to_owned());
    assert!(story.settle(9, &[(1, Some(refused.clone())), (2, None)]));
    assert_eq!([story.news(1), story.news(2)], [News::Out(refused), WAITS]);
    assert!(
        !story.settle(9, &[(1, seat(11)), (2, seat(12))]),
        "it is settled"
    );
}

#[test]
fn a_home_that_ends_takes_its_entrants_with_it() {
    let mut story = Story::new();
    story.tend(enter(1, 0.0));
    story.pass(STAY / 2);
    story.tend(enter(2, 0.0));
    story.pass(STAY / 2);
    assert_eq!(story.news(1), News::Unknown);
    assert_eq!(story.news(2), WAITS);
    story.pass(STAY);
    story.queues.expire(story.now);
    assert_eq!(story.queues.counts().entrants, 0);
}

#[test]
fn who_enters_again_has_waited_as_long_as_its_home_says() {
    let mut story = Story::new();
    story.tend(Tending {
        entering: vec![entering(1, 0.0, Duration::from_secs(40))],
        ..Tending::default()
    });
    story.pass(Duration::from_secs(2));
    assert_eq!(story.turn(), Some(vec![(1, Duration::from_secs(42))]));
    story.tend(enter(1, 0.0));
    story.pass(TURN);
    let waited = Duration::from_secs(42) + TURN;
    assert_eq!(story.turn(), Some(vec![(1, waited)]), "it is known");
}

#[test]
fn a_full_queue_takes_nobody() {
    let story = Story::new();
    for session in 1..=3 {
        assert_eq!(story.tend(enter(session, 0.0)), [WAITS]);
    }
    assert_eq!(story.tend(enter(4, 0.0)), [News::Full]);
    assert_eq!(story.tend(enter(3, 0.0)), [WAITS], "who is there stays");
    assert_eq!(story.queues.counts().refused, 1);
}

#[test]
fn one_has_the_turn_at_a_time() {
    let mut story = Story::new();
    story.tend(enter(1, 0.0));
    assert!(story.turn().is_some());
    assert!(story.turn().is_none());
    story.pass(TURN);
    assert!(story.turn().is_some());
}

#[test]
fn what_was_found_is_told() {
    let story = Story::new();
    story.tend(enter(1, 0.0));
    let claim = Claim {
        matches: Vec::new(),
        found: vec![(SessionId(1), 3), (SessionId(2), 3)],
    };
    answered(story.queues.claim("duel", claim, story.now));
    assert_eq!(story.news(1), News::Waits { found: 3 });
}
