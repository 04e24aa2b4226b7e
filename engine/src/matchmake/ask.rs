//! Putting a request to the shard where the seat is to be, on this node or another.

use std::time::Duration;

use bytes::Bytes;
use downbeat_cluster::{AskError, Location, Post};
use futures_channel::oneshot;

use crate::desk::Desk;
use crate::link::{Command, Offer, Outcome, Refusal, Reply, SeatRequest, read_outcome};

/// A node that has not answered for so long counts as gone for this request: some hundred times what
/// an answer takes, and little enough to try another room.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// Asks a shard for one seat.
///
/// # Errors
/// What the shard said, or that it did not.
pub(super) async fn ask(
    desk: &Desk,
    location: Location,
    request: SeatRequest,
) -> Result<Offer, Refusal> {
    let mut offers = ask_for_all(desk, location, request).await?;
    offers.pop().ok_or(Refusal::Unavailable)
}

/// Asks a shard for seats.
///
/// # Errors
/// What the shard said, or that it did not.
pub(super) async fn ask_for_all(desk: &Desk, location: Location, request: SeatRequest) -> Outcome {
    if location.node == desk.node.id {
        return ask_here(desk, location, request).await;
    }
    // Without a cluster no room is elsewhere.
    let post = desk.node.post.as_ref().ok_or(Refusal::Gone)?;
    let creates = matches!(request, SeatRequest::Create { .. } | SeatRequest::Match(_));
    let letter = request.into_letter();
    match ask_elsewhere(desk, post, location, letter.clone()).await {
        // Whoever is left creates it: nobody but this request may.
        Err(Refusal::Gone) if creates => {
            let own = desk.node.location(desk.shard);
            let request = SeatRequest::from_letter(&letter, &*desk.node.registry);
            let request = request.map_err(|_| Refusal::Unavailable)?;
            ask_here(desk, own, request).await
        }
        outcome => outcome,
    }
}

async fn ask_here(desk: &Desk, location: Location, request: SeatRequest) -> Outcome {
    let (reply, answer) = oneshot::channel();
    let link = desk.node.link(location.shard);
    link.send(Command::Seat(Box::new(request), Reply::Here(reply)))
        .map_err(|_| Refusal::Unavailable)?;
    answer.await.unwrap_or(Err(Refusal::Unavailable))
}

async fn ask_elsewhere(desk: &Desk, post: &Post, location: Location, letter: Bytes) -> Outcome {
    let deadline = desk.node.clock.now().after(PATIENCE);
    let answer = desk.alarms.within(deadline, post.ask(location, letter));
    let answer = match answer.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(AskError::NobodyThere)) | Err(_) => return Err(Refusal::Gone),
        Ok(Err(AskError::NoAnswer | AskError::Crowded)) => return Err(Refusal::Unavailable),
        Ok(Err(AskError::Unreachable)) => return Err(Refusal::Frozen),
    };
    read_outcome(&answer).unwrap_or_else(|error| {
        tracing::warn!(node = %location.node, "{error}");
        Err(Refusal::Gone)
    })
}
