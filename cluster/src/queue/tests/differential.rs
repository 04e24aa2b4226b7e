//! The line in memory beside its scripts in a real Redis: the same calls, the same answers.

use std::time::Duration;

use downbeat_schemas::id::SessionId;
use downbeat_schemas::time::Timestamp;
use serde_json::json;

use super::entering;
use super::random::Random;
use super::redis::Redis;
use crate::queue::line::Line;
use crate::queue::{
    Claim, MatchId, MatchRules, Outcome, QueueScript, RankWindow, STAY, Settlement, Tending,
    Waiting, match_up, wire,
};

const ENTRANTS_MAX: u64 = 12;
const SESSIONS: u64 = 20;

/// Both, at one time.
struct Twins {
    line: Line,
    redis: Redis,
    keys: Vec<Vec<u8>>,
    now_ms: u64,
    /// What they did, for who has to find out why they differ.
    story: Vec<String>,
}

impl Twins {
    fn new(redis: Redis, queue: &str) -> Self {
        Self {
            line: Line::default(),
            redis,
            keys: wire::keys("test", queue),
            now_ms: 1_700_000_000_000,
            story: Vec::new(),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms * 1_000_000)
    }

    fn run(&mut self, script: QueueScript, args: &[Vec<u8>]) -> Vec<u8> {
        let words = args.iter().map(|arg| String::from_utf8_lossy(arg));
        let words: Vec<_> = words.collect();
        self.story
            .push(format!("{} {}", script.name(), words.join(" ")));
        self.redis.eval(script.body(), &self.keys, args)
    }

    fn tend(&mut self, tending: Tending) {
        let args = wire::tend_args(&tending, ENTRANTS_MAX, self.now_ms);
        let answer = self.run(QueueScript::Tend, &args);
        let there = wire::tended(&answer, &tending).unwrap();
        let (here, _) = self.line.tend(tending, ENTRANTS_MAX, self.now());
        assert_eq!(there, here, "{}", self.story.join("\n"));
    }

    fn turn(&mut self) -> Option<Vec<Waiting>> {
        let answer = self.run(QueueScript::TakeTurn, &wire::take_turn_args(self.now_ms));
        let mut there = wire::turn(&answer).unwrap();
        let here = self.line.take_turn(self.now());
        if let Some(waiting) = &mut there {
            waiting.sort_by_key(|entrant| entrant.session);
        }
        assert_eq!(there, here, "{}", self.story.join("\n"));
        here
    }

    fn claim(&mut self, claim: &Claim) -> Vec<bool> {
        let answer = self.run(QueueScript::Claim, &wire::claim_args(claim, self.now_ms));
        let there = wire::claimed(&answer, claim).unwrap();
        let here = self.line.claim(claim, self.now());
        assert_eq!(there, here, "{}", self.story.join("\n"));
        here.iter().map(Option::is_some).collect()
    }

    fn settle(&mut self, settlement: Settlement) {
        let args = wire::settle_args(&settlement, self.now_ms);
        let answer = self.run(QueueScript::Settle, &args);
        let there = wire::settled(&answer).unwrap();
        let here = self.line.settle(settlement, self.now());
        assert_eq!(there, here, "{}", self.story.join("\n"));
    }
}

#[test]
fn scripts_answer_as_the_line_in_memory() {
    let mut redis = Redis::start();
    for seed in 0..12 {
        let mut twins = Twins::new(redis, &format!("seed {seed}"));
        let mut random = Random(seed);
        let mut claimed = Vec::new();
        for _ in 0..400 {
            twins.now_ms += random.below(700);
            match random.below(10) {
                0..=4 => twins.tend(some_tending(&mut random)),
                5..=7 => claimed.extend(some_claim(&mut twins, &mut random)),
                _ => some_settlement(&mut twins, &mut random, &mut claimed),
            }
        }
        twins.now_ms += STAY.as_millis() as u64 * 2;
        twins.turn();
        assert!(twins.line.is_empty());
        redis = twins.redis;
        // All but the turn, which has nothing to be swept.
        for key in &twins.keys[..8] {
            let key = std::str::from_utf8(key).unwrap();
            assert_eq!(
                redis.number(&["EXISTS", key]),
                0,
                "{key} outlives its queue"
            );
        }
        let turn = std::str::from_utf8(&twins.keys[8]).unwrap();
        assert!(redis.number(&["PTTL", turn]) > 0, "the turn ends by itself");
    }
}

/// Each session in one of the lists, or in none.
fn some_tending(random: &mut Random) -> Tending {
    let mut tending = Tending::default();
    for session in 0..SESSIONS {
        match random.below(12) {
            0 => {
                let rank = random.below(400) as f64 / 4.0 - 30.0;
                let waited = Duration::from_millis(random.below(3) * 4_321);
                tending.entering.push(entering(session, rank, waited));
            }
            1..=5 => tending.staying.push(SessionId(session)),
            6 => tending.leaving.push(SessionId(session)),
            _ => {}
        }
    }
    tending
}

/// Claims what a matcher would, and now and then what none would: some of it twice.
fn some_claim(twins: &mut Twins, random: &mut Random) -> Vec<(MatchId, Vec<SessionId>)> {
    let Some(waiting) = twins.turn() else {
        return Vec::new();
    };
    let window = RankWindow {
        start: 10.0,
        per_second: 2.0,
        max: 40.0,
    };
    let rules = MatchRules {
        window,
        ..MatchRules::new(2 + random.below(2) as u32)
    };
    let matching = match_up(&waiting, &rules);
    let mut matches = matching.matches;
    if random.below(4) == 0 {
        matches.push(
            [0, 1]
                .map(|_| SessionId(random.below(SESSIONS / 2) * 2))
                .into(),
        );
        let last = matches.last_mut().unwrap();
        last.dedup();
    }
    let named = matches.into_iter();
    let matches = named.map(|sessions| (MatchId(random.next()), sessions));
    let claim = Claim {
        matches: matches.collect(),
        found: matching.found,
    };
    let taken = twins.claim(&claim);
    let matches = claim.matches.into_iter().zip(taken);
    matches
        .filter_map(|(named, taken)| taken.then_some(named))
        .collect()
}

/// Settles a match, in time or not, perhaps for the second time.
fn some_settlement(
    twins: &mut Twins,
    random: &mut Random,
    claimed: &mut Vec<(MatchId, Vec<SessionId>)>,
) {
    if claimed.is_empty() {
        return;
    }
    let place = random.below(claimed.len() as u64) as usize;
    let (id, sessions) = match random.below(4) {
        0 => claimed[place].clone(),
        _ => claimed.swap_remove(place),
    };
    let all_seats = random.below(3) > 0;
    let outcomes = sessions.into_iter().map(|session| {
        let outcome = match random.below(3) {
            _ if all_seats => Some(Outcome::Seat(json!({ "sessionId": session.to_string() }))),
            0 => Some(Outcome::Refused("no \"such\" weapon".to_owned())),
            1 => Some(Outcome::Seat(json!([]))),
            _ => None,
        };
        (session, outcome)
    });
    let outcomes = outcomes.collect();
    twins.settle(Settlement { id, outcomes });
}
