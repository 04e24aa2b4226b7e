//! One queue: who waits, who is being matched, who has got what.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use downbeat_schemas::id::SessionId;
use downbeat_schemas::time::Timestamp;

use super::{
    CLAIM, Claim, Entering, Entrant, MatchId, News, OUTCOME, Outcome, STAY, Settlement, TURN,
    Tended, Tending, Waiting,
};

/// See the module. What `lua/queue` does with keys, with the same answers.
#[derive(Debug, Default)]
pub(crate) struct Line {
    entrants: BTreeMap<SessionId, Standing>,
    /// Until when each is believed to be there.
    stay: BTreeSet<(Timestamp, SessionId)>,
    /// When those who do not wait do so again.
    due: BTreeSet<(Timestamp, SessionId)>,
    next_turn: Timestamp,
}

#[derive(Debug)]
struct Standing {
    entrant: Entrant,
    since: Timestamp,
    stays_until: Timestamp,
    found: u32,
    phase: Phase,
}

#[derive(Debug, PartialEq)]
enum Phase {
    Waits,
    /// Claimed by a matcher, and perhaps told what became of it.
    Claimed {
        id: MatchId,
        players: u32,
        due: Timestamp,
        outcome: Option<Outcome>,
    },
}

impl Line {
    pub(crate) fn is_empty(&self) -> bool {
        self.entrants.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.entrants.len()
    }

    /// As [`Queues::tend`](super::Queues::tend), with how many were refused.
    pub(crate) fn tend(&mut self, tending: Tending, max: u64, now: Timestamp) -> (Tended, u64) {
        self.expire(now);
        for session in tending.leaving {
            self.remove(session);
        }
        let mut refused = 0;
        let mut news = Vec::new();
        for entering in tending.entering {
            let session = entering.entrant.session;
            let entered = self.enter(entering, max, now);
            refused += u64::from(!entered);
            let told = if entered {
                self.stay(session, now)
            } else {
                News::Full
            };
            news.push((session, told));
        }
        for session in tending.staying {
            news.push((session, self.stay(session, now)));
        }
        let waiting = u32::try_from(self.len()).unwrap_or(u32::MAX);
        (Tended { news, waiting }, refused)
    }

    pub(crate) fn take_turn(&mut self, now: Timestamp) -> Option<Vec<Waiting>> {
        self.expire(now);
        if now < self.next_turn {
            return None;
        }
        self.next_turn = now.after(TURN);
        let waiting = self.entrants.values();
        let waiting = waiting.filter(|standing| standing.phase == Phase::Waits);
        let waiting = waiting.map(|standing| Waiting {
            session: standing.entrant.session,
            rank: standing.entrant.rank,
            waited: now.since(standing.since),
            found: standing.found,
        });
        Some(waiting.collect())
    }

    pub(crate) fn claim(&mut self, claim: &Claim, now: Timestamp) -> Vec<Option<Vec<Entrant>>> {
        self.expire(now);
        for (session, found) in &claim.found {
            if let Some(standing) = self.entrants.get_mut(session) {
                standing.found = *found;
            }
        }
        let matches = claim.matches.iter();
        matches
            .map(|(id, sessions)| self.claim_match(*id, sessions, now))
            .collect()
    }

    pub(crate) fn settle(&mut self, settlement: Settlement, now: Timestamp) -> bool {
        self.expire(now);
        let Settlement { id, outcomes } = settlement;
        let mut sessions = outcomes.iter().map(|(session, _)| *session);
        let is_whole = sessions.all(|session| self.is_claimed_by(session, id));
        for (session, outcome) in outcomes {
            if self.is_claimed_by(session, id) {
                let holds = is_whole || !matches!(outcome, Some(Outcome::Seat(_)));
                match outcome.filter(|_| holds) {
                    Some(outcome) => self.tell(session, outcome, now),
                    None => self.wait_again(session),
                }
            }
        }
        is_whole
    }

    /// Forgets those whose home does not say any more that they are there, and lets those wait again
    /// whose time to be matched, or told, is over.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        while let Some(&(until, session)) = self.stay.first()
            && until <= now
        {
            self.remove(session);
        }
        while let Some(&(due, session)) = self.due.first()
            && due <= now
        {
            self.wait_again(session);
        }
    }

    /// False if there are as many as there may be. Who is here already stays as it is.
    fn enter(&mut self, entering: Entering, max: u64, now: Timestamp) -> bool {
        let Entering { entrant, waited } = entering;
        let session = entrant.session;
        if self.entrants.contains_key(&session) {
            return true;
        }
        if self.len() as u64 >= max {
            return false;
        }
        let standing = Standing {
            entrant,
            since: before(now, waited),
            stays_until: now,
            found: 1,
            phase: Phase::Waits,
        };
        self.entrants.insert(session, standing);
        true
    }

    fn stay(&mut self, session: SessionId, now: Timestamp) -> News {
        let Some(standing) = self.entrants.get_mut(&session) else {
            return News::Unknown;
        };
        self.stay.remove(&(standing.stays_until, session));
        standing.stays_until = now.after(STAY);
        self.stay.insert((standing.stays_until, session));
        match &standing.phase {
            Phase::Waits => News::Waits {
                found: standing.found,
            },
            Phase::Claimed {
                outcome: Some(outcome),
                ..
            } => News::Out(outcome.clone()),
            Phase::Claimed { players, .. } => News::Matched { players: *players },
        }
    }

    fn claim_match(
        &mut self,
        id: MatchId,
        sessions: &[SessionId],
        now: Timestamp,
    ) -> Option<Vec<Entrant>> {
        let waits = |session| {
            let standing = self.entrants.get(session);
            standing.filter(|standing| standing.phase == Phase::Waits)
        };
        let entrants = sessions.iter().map(waits);
        let entrants = entrants.map(|standing| Some(standing?.entrant.clone()));
        let entrants: Vec<Entrant> = entrants.collect::<Option<_>>()?;
        let players = u32::try_from(sessions.len()).unwrap_or(u32::MAX);
        let due = now.after(CLAIM);
        for session in sessions {
            if let Some(standing) = self.entrants.get_mut(session) {
                standing.phase = Phase::Claimed {
                    id,
                    players,
                    due,
                    outcome: None,
                };
                self.due.insert((due, *session));
            }
        }
        Some(entrants)
    }

    /// Whether somebody is in this match and was not told anything.
    fn is_claimed_by(&self, session: SessionId, by: MatchId) -> bool {
        let standing = self.entrants.get(&session);
        standing.is_some_and(|standing| {
            let Phase::Claimed { id, outcome, .. } = &standing.phase else {
                return false;
            };
            *id == by && outcome.is_none()
        })
    }

    fn tell(&mut self, session: SessionId, told: Outcome, now: Timestamp) {
        let standing = self.entrants.get_mut(&session);
        if let Some(Phase::Claimed { due, outcome, .. }) = standing.map(|found| &mut found.phase) {
            self.due.remove(&(*due, session));
            *due = now.after(OUTCOME);
            self.due.insert((*due, session));
            *outcome = Some(told);
        }
    }

    fn wait_again(&mut self, session: SessionId) {
        if let Some(standing) = self.entrants.get_mut(&session)
            && let Phase::Claimed { due, .. } = standing.phase
        {
            standing.phase = Phase::Waits;
            self.due.remove(&(due, session));
        }
    }

    fn remove(&mut self, session: SessionId) {
        self.wait_again(session);
        if let Some(standing) = self.entrants.remove(&session) {
            self.stay.remove(&(standing.stays_until, session));
        }
    }
}

fn before(now: Timestamp, waited: Duration) -> Timestamp {
    let waited_ns = u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX);
    Timestamp(now.0.saturating_sub(waited_ns))
}
