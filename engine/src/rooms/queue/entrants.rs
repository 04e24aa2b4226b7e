//! Who waits in this room, and what the line is to be told of each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use downbeat_cluster::queue::{Entering, Entrant, News, Outcome, Tending};
use downbeat_schemas::id::SessionId;
use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The clients of one home. Times are on the room's clock, which goes on wherever the room goes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Entrants {
    waiting: BTreeMap<SessionId, Place>,
    /// Those who have a seat in a match and are still here.
    seated: BTreeMap<SessionId, Value>,
    /// Whom the line does not know to be gone.
    leaving: BTreeSet<SessionId>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Place {
    entrant: Entrant,
    since: Timestamp,
    /// Whether the line knows it.
    is_known: bool,
    /// Whether its match is being made.
    is_matched: bool,
    /// Its connection is lost.
    is_away: bool,
}

impl Entrants {
    /// Whether nobody waits here.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn enter(&mut self, entrant: Entrant, now: Timestamp) {
        let session = entrant.session;
        let place = Place {
            entrant,
            since: now,
            is_known: false,
            is_matched: false,
            is_away: false,
        };
        self.waiting.insert(session, place);
    }

    pub(super) fn leave(&mut self, session: SessionId) {
        self.seated.remove(&session);
        if self.waiting.remove(&session).is_some() {
            self.leaving.insert(session);
        }
    }

    /// Those of whom the line was told that they leave, and did not hear.
    pub(super) fn leave_again(&mut self, left: Vec<SessionId>) {
        self.leaving.extend(left);
    }

    /// Who has no connection leaves the line and keeps the time that it has waited.
    pub(super) fn set_away(&mut self, session: SessionId, is_away: bool) {
        if let Some(place) = self.waiting.get_mut(&session) {
            place.is_away = is_away;
            place.is_known = false;
            place.is_matched = false;
            if is_away {
                self.leaving.insert(session);
            }
        }
    }

    /// The seat that a client has got.
    pub(super) fn seat(&self, session: SessionId) -> Option<&Value> {
        self.seated.get(&session)
    }

    /// Those who have waited so long without a match.
    pub(super) fn waiting_since(&self, waited: Duration, now: Timestamp) -> Vec<SessionId> {
        let waiting = self.waiting.iter().filter(|(_, place)| {
            !place.is_matched && !place.is_away && now.since(place.since) >= waited
        });
        waiting.map(|(session, _)| *session).collect()
    }

    /// What the line is to be told. Of those who leave it is told once.
    pub(super) fn tending(&mut self, now: Timestamp) -> Tending {
        let mut tending = Tending {
            leaving: std::mem::take(&mut self.leaving).into_iter().collect(),
            ..Tending::default()
        };
        for (session, place) in &self.waiting {
            if place.is_known {
                tending.staying.push(*session);
            } else if !place.is_away {
                tending.entering.push(Entering {
                    entrant: place.entrant.clone(),
                    waited: now.since(place.since),
                });
            }
        }
        tending
    }

    /// Takes what the line says of a client; whether the client is here to be told.
    pub(super) fn hear(&mut self, session: SessionId, news: &News) -> bool {
        let Some(place) = self
            .waiting
            .get_mut(&session)
            .filter(|place| !place.is_away)
        else {
            return false;
        };
        place.is_known = !matches!(news, News::Unknown | News::Full);
        place.is_matched = matches!(news, News::Matched { .. });
        if let News::Out(Outcome::Seat(seat)) = news {
            self.leave(session);
            self.seated.insert(session, seat.clone());
        }
        true
    }
}
