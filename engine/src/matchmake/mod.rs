//! From a request for a room to a seat in one.
//!
//! Runs as a job on the shard that read the request. The registry says which room might fit, the
//! room's own shard decides: so no two requests get the same seat. That shard may be another node's.

mod ask;
mod error;
mod request;

use std::sync::Arc;
use std::time::Duration;

use downbeat_cluster::{Found, Mode, Query};
use downbeat_schemas::close::MatchmakeCode;
use downbeat_schemas::id::{ReconnectionToken, RoomId};
use downbeat_schemas::time::Timestamp;

pub(crate) use error::MatchmakeError;
pub(crate) use request::{Caller, MatchmakeRequest, Method};

use self::ask::{ask, ask_for_all};
use crate::desk::Desk;
use crate::link::{Guest, Offer, Refusal, SeatRequest};
use crate::monitor::{self, Monitor};
use crate::server::auth::AuthRequest;
use crate::server::definition::RoomDefinition;
use crate::surroundings::Party;

/// Rooms that may refuse a request before it is told that none fits, or gets a new one.
const TRIES_MAX: usize = 3;

/// Answers one request.
///
/// # Errors
/// [`MatchmakeError`] has the code and the text of the answer.
pub(crate) async fn matchmake(
    desk: &Desk,
    request: MatchmakeRequest,
) -> Result<Offer, MatchmakeError> {
    if desk.node.is_closing() {
        return Err(MatchmakeError::closing());
    }
    let limits = &desk.node.settings.limits;
    let claims = authenticate(desk, &request).await?;
    let patience = Duration::from_millis(limits.matchmake_timeout_ms);
    let deadline = desk.node.clock.now().after(patience);
    let seat = find_seat(desk, request, claims);
    desk.alarms
        .within(deadline, seat)
        .await
        .unwrap_or_else(|_| {
            let text = format!("no answer within matchmake_timeout_ms ({patience:?})");
            Err(MatchmakeError::new(MatchmakeCode::Unavailable, text))
        })
}

async fn find_seat(
    desk: &Desk,
    request: MatchmakeRequest,
    claims: Option<serde_json::Value>,
) -> Result<Offer, MatchmakeError> {
    let guest = Guest {
        options: request.options,
        claims,
    };
    match request.method {
        Method::JoinById(room) => join_by_id(desk, room, guest).await,
        Method::Reconnect(room, token) => reconnect(desk, room, token).await,
        Method::Create => create(desk, &request.name, guest, None).await,
        Method::Join => join(desk, &request.name, guest, Mode::Join).await,
        Method::JoinOrCreate => join(desk, &request.name, guest, Mode::JoinOrCreate).await,
    }
}

/// Asks the game's `on_auth`, if there is one; for the monitor, its password.
async fn authenticate(
    desk: &Desk,
    request: &MatchmakeRequest,
) -> Result<Option<serde_json::Value>, MatchmakeError> {
    // A seat that was authenticated once is opened again by its token.
    let nobody_asks = desk.node.auth.is_none() && desk.node.monitor.is_none();
    if nobody_asks || matches!(request.method, Method::Reconnect(..)) {
        return Ok(None);
    }
    let room_name = match request.method {
        Method::JoinById(room) => match desk.node.registry.locate(room).await? {
            Some(record) => record.name.to_string(),
            None => return Err(MatchmakeError::unknown_room(room)),
        },
        _ => request.name.clone(),
    };
    if let Some(monitor) = monitor_of(desk, &room_name) {
        monitor.admit(&request.caller, desk.node.clock.now())?;
        return Ok(None);
    }
    let Some(hook) = &desk.node.auth else {
        return Ok(None);
    };
    let asked = AuthRequest {
        token: request.caller.token.clone(),
        room_name,
        options: request.options.clone(),
        address: request.caller.address,
    };
    let failed = |text| MatchmakeError::new(MatchmakeCode::AuthFailed, text);
    let patience = Duration::from_millis(desk.node.settings.limits.auth_timeout_ms);
    let deadline = desk.node.clock.now().after(patience);
    match desk.alarms.within(deadline, hook.check(asked)).await {
        Ok(Ok(claims)) => Ok(Some(claims)),
        Ok(Err(reject)) => Err(failed(reject.to_string())),
        Err(_) => Err(failed(format!(
            "on_auth gave no answer within auth_timeout_ms ({patience:?})"
        ))),
    }
}

async fn join(
    desk: &Desk,
    name: &str,
    mut guest: Guest,
    mode: Mode,
) -> Result<Offer, MatchmakeError> {
    let definition = definition(desk, name)?;
    let mut query = Query {
        name: definition.name(),
        filter: definition.filter(&guest.options),
        sort_by: definition.sort(),
        exclude: Vec::new(),
        mode,
    };
    for _ in 0..TRIES_MAX {
        let found = desk
            .node
            .registry
            .find(query.clone(), desk.node.clock.now());
        let (record, hold) = match found.await? {
            Found::Room { record, hold } => (record, hold),
            Found::Nothing => return Err(MatchmakeError::no_room_fits(name)),
            Found::Create(ticket) => return create(desk, name, guest, Some(ticket)).await,
        };
        let copy = guest.clone();
        let (room, hold) = (record.room, Some(hold));
        let reserve = SeatRequest::Reserve { room, guest, hold };
        match ask(desk, record.location, reserve).await {
            // The room has filled, locked or ended since it was published, or its node has.
            Err(Refusal::NotJoinable | Refusal::Gone | Refusal::Frozen) => {
                query.exclude.push(room);
            }
            answer => return answer.map_err(MatchmakeError::from),
        }
        guest = copy;
    }
    match mode {
        Mode::Join => Err(MatchmakeError::no_room_fits(name)),
        Mode::JoinOrCreate => create(desk, name, guest, None).await,
    }
}

async fn create(
    desk: &Desk,
    name: &str,
    guest: Guest,
    ticket: Option<downbeat_cluster::Ticket>,
) -> Result<Offer, MatchmakeError> {
    let name = definition(desk, name)?.name();
    let own = desk.node.location(desk.shard);
    let location = desk.node.registry.place().unwrap_or(own);
    let create = SeatRequest::Create {
        name,
        guest,
        ticket,
    };
    ask(desk, location, create)
        .await
        .map_err(MatchmakeError::from)
}

async fn join_by_id(desk: &Desk, room: RoomId, guest: Guest) -> Result<Offer, MatchmakeError> {
    let record = desk.node.registry.locate(room).await?;
    let record = record.ok_or_else(|| MatchmakeError::unknown_room(room))?;
    let hold = None;
    let reserve = SeatRequest::Reserve { room, guest, hold };
    match ask(desk, record.location, reserve).await {
        Err(Refusal::NotJoinable | Refusal::Gone) => Err(MatchmakeError::unknown_room(room)),
        answer => answer.map_err(MatchmakeError::from),
    }
}

async fn reconnect(
    desk: &Desk,
    room: RoomId,
    token: ReconnectionToken,
) -> Result<Offer, MatchmakeError> {
    let record = desk.node.registry.locate(room).await?;
    let record = record.ok_or_else(MatchmakeError::seat_expired)?;
    let resume = SeatRequest::Resume { room, token };
    match ask(desk, record.location, resume).await {
        Err(Refusal::NotJoinable | Refusal::Gone) => Err(MatchmakeError::seat_expired()),
        answer => answer.map_err(MatchmakeError::from),
    }
}

/// The room type of a name.
fn definition<'a>(desk: &'a Desk, name: &str) -> Result<&'a Arc<RoomDefinition>, MatchmakeError> {
    let found = desk.node.definition(name);
    found.ok_or_else(|| MatchmakeError::unknown_name(name))
}

/// The monitor, if it is on and its room has this name.
fn monitor_of<'a>(desk: &'a Desk, room_name: &str) -> Option<&'a Monitor> {
    let monitor = desk.node.monitor.as_ref();
    monitor.filter(|_| room_name == monitor::ROOM_NAME)
}

/// Creates a room for those who are to play together, and reserves their seats.
///
/// # Errors
/// [`Refusal`]: none of them has a seat. Without an answer by the deadline, their seats may be reserved
/// and expire.
pub(crate) async fn seat_party(
    desk: &Desk,
    party: Party,
    deadline: Timestamp,
) -> Result<Vec<Offer>, Refusal> {
    let own = desk.node.location(desk.shard);
    let location = desk.node.registry.place().unwrap_or(own);
    let seats = ask_for_all(desk, location, SeatRequest::Match(party));
    let seats = desk.alarms.within(deadline, seats).await;
    seats.unwrap_or(Err(Refusal::Unavailable))
}
