//! Making matches: once for all who wait in a queue, by whoever has the turn.

use std::sync::Arc;
use std::time::Duration;

use downbeat_cluster::queue::{
    CLAIM, Claim, Entrant, MatchId, Outcome, QueueError, Settlement, match_up,
};
use downbeat_schemas::id::SessionId;
use downbeat_schemas::time::Timestamp;

use super::QueueRules;
use crate::link::{Guest, Offer, Refusal};
use crate::surroundings::{Party, Surroundings};

/// Matches that are made in one turn: the rest has to wait for the next. Each takes a room's creation.
const MATCHES_MAX: usize = 64;
/// How long the rooms of one turn may take. What is left then is given back, long before its claim is
/// over.
const PATIENCE: Duration = Duration::from_secs(4);

/// Why a turn was not carried out as it should have been. Nobody is lost by it.
#[derive(Debug, thiserror::Error)]
pub(super) enum MatchError {
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("no seats in a new `{room}` for {players}: {refusal:?}")]
    Seats {
        room: Arc<str>,
        players: usize,
        refusal: Refusal,
    },
}

/// Makes matches, if it is time to. Whether any was made.
pub(super) async fn make_matches(
    around: &dyn Surroundings,
    queue: &str,
    rules: &QueueRules,
) -> Result<bool, MatchError> {
    let queues = around.queues();
    let Some(waiting) = queues.take_turn(queue, around.now()).await? else {
        return Ok(false);
    };
    let matching = match_up(&waiting, &rules.matches);
    if matching.matches.is_empty() && matching.found.is_empty() {
        return Ok(false);
    }
    let matches = matching.matches.into_iter().take(MATCHES_MAX);
    let claim = Claim {
        matches: matches.map(|all| (around.match_id(), all)).collect(),
        found: matching.found,
    };
    let ids: Vec<MatchId> = claim.matches.iter().map(|(id, _)| *id).collect();
    let deadline = around.now().after(PATIENCE.min(CLAIM));
    let claimed = queues.claim(queue, claim, around.now()).await?;
    let mut outcome = Ok(false);
    for (id, entrants) in ids.into_iter().zip(claimed) {
        let Some(entrants) = entrants else { continue };
        let made = make(around, rules, &entrants, deadline, outcome.is_ok()).await;
        let settlement = Settlement {
            id,
            outcomes: outcomes(&entrants, &made),
        };
        let holds = queues.settle(queue, settlement, around.now()).await?;
        outcome = match made {
            Ok(_) => outcome.map(|any| any | holds),
            Err(refusal) => outcome.and(failed(rules, &entrants, refusal)),
        };
    }
    outcome
}

/// Creates the room of a match, unless another one could not be created before or time is over.
async fn make(
    around: &dyn Surroundings,
    rules: &QueueRules,
    entrants: &[Entrant],
    deadline: Timestamp,
    go_on: bool,
) -> Result<Vec<Offer>, Refusal> {
    if !go_on || around.now() >= deadline {
        return Err(Refusal::Unavailable);
    }
    let guests = entrants.iter().map(|entrant| Guest {
        options: entrant.options.clone(),
        claims: entrant.claims.clone(),
    });
    let party = Party {
        name: Arc::clone(&rules.room),
        options: rules.room_options.clone(),
        guests: guests.collect(),
    };
    around.seat(party, deadline).await
}

/// What each entrant is to be told; nothing, if it is to wait again.
fn outcomes(
    entrants: &[Entrant],
    made: &Result<Vec<Offer>, Refusal>,
) -> Vec<(SessionId, Option<Outcome>)> {
    let outcome = |number: usize| match made {
        Ok(offers) => {
            let offer = serde_json::to_value(offers.get(number)?);
            offer.ok().map(Outcome::Seat)
        }
        Err(Refusal::GuestRefused { number: whose, why }) if *whose == number => {
            Some(Outcome::Refused(why.clone()))
        }
        Err(_) => None,
    };
    let numbered = entrants.iter().enumerate();
    numbered
        .map(|(number, entrant)| (entrant.session, outcome(number)))
        .collect()
}

/// One guest's options are nothing to stop for.
fn failed(rules: &QueueRules, entrants: &[Entrant], refusal: Refusal) -> Result<bool, MatchError> {
    if matches!(refusal, Refusal::GuestRefused { .. }) {
        return Ok(true);
    }
    Err(MatchError::Seats {
        room: Arc::clone(&rules.room),
        players: entrants.len(),
        refusal,
    })
}
