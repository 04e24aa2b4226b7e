//! Queues: matches by themselves, one line through all that may happen to it, and the line beside
//! its scripts in a real Redis.

mod differential;
mod matching;
mod random;
mod redis;
mod shared;
mod story;

use std::time::Duration;

use downbeat_schemas::id::SessionId;
use serde_json::json;

use super::{Entering, Entrant, Tending};

fn entering(session: u64, rank: f64, waited: Duration) -> Entering {
    Entering {
        entrant: Entrant {
            session: SessionId(session),
            rank,
            options: json!({ "name": format!("player \"{session}\"\n"), "list": [] }),
            claims: session
                .is_multiple_of(2)
                .then(|| json!({ "user": session })),
        },
        waited,
    }
}

fn enter(session: u64, rank: f64) -> Tending {
    Tending {
        entering: vec![entering(session, rank, Duration::ZERO)],
        ..Tending::default()
    }
}

fn stay(sessions: &[u64]) -> Tending {
    Tending {
        staying: sessions.iter().copied().map(SessionId).collect(),
        ..Tending::default()
    }
}

fn leave(session: u64) -> Tending {
    Tending {
        leaving: vec![SessionId(session)],
        ..Tending::default()
    }
}
