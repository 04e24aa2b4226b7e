//! Why a request got no seat.

use downbeat_cluster::{FindError, LocateError};
use downbeat_schemas::close::MatchmakeCode;
use downbeat_schemas::id::RoomId;

use crate::link::Refusal;

/// A request that got no seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MatchmakeError {
    pub(crate) code: MatchmakeCode,
    pub(crate) text: String,
}

impl MatchmakeError {
    pub(crate) const fn new(code: MatchmakeCode, text: String) -> Self {
        Self { code, text }
    }

    pub(crate) fn closing() -> Self {
        let text = "this server is shutting down".to_owned();
        Self::new(MatchmakeCode::Unavailable, text)
    }

    pub(crate) fn unknown_name(name: &str) -> Self {
        let text = format!("no room type is called `{name}`");
        Self::new(MatchmakeCode::UnknownName, text)
    }

    pub(crate) fn unknown_room(room: RoomId) -> Self {
        let text = format!("room {room} is unknown, locked or full");
        Self::new(MatchmakeCode::UnknownRoomId, text)
    }

    pub(crate) fn no_room_fits(name: &str) -> Self {
        let text = format!("no `{name}` room with a free seat fits these options");
        Self::new(MatchmakeCode::NoRoomFits, text)
    }

    pub(crate) fn seat_expired() -> Self {
        let text = "this reconnection token is unknown, used or expired".to_owned();
        Self::new(MatchmakeCode::SeatExpired, text)
    }
}

impl From<Refusal> for MatchmakeError {
    fn from(refusal: Refusal) -> Self {
        let (code, text) = match refusal {
            Refusal::NotJoinable => (
                MatchmakeCode::UnknownRoomId,
                "the room is unknown, locked or full".to_owned(),
            ),
            Refusal::CreateFailed(text) => (MatchmakeCode::CreateFailed, text),
            Refusal::JoinFailed(text) | Refusal::GuestRefused { why: text, .. } => {
                (MatchmakeCode::JoinFailed, text)
            }
            Refusal::UnknownName => (
                MatchmakeCode::Unavailable,
                "the node that was to create the room does not know its type: it runs another \
                 release"
                    .to_owned(),
            ),
            Refusal::RoomsMax => (
                MatchmakeCode::Unavailable,
                "this server has as many rooms as rooms_max allows".to_owned(),
            ),
            Refusal::Frozen => (
                MatchmakeCode::Unavailable,
                "the node of this room has lost touch with Redis: ask again".to_owned(),
            ),
            Refusal::Gone => (
                MatchmakeCode::Unavailable,
                "the node that was asked is gone: ask again".to_owned(),
            ),
            Refusal::Unavailable => (
                MatchmakeCode::Unavailable,
                "the shard of this room does not answer".to_owned(),
            ),
        };
        Self::new(code, text)
    }
}

impl From<LocateError> for MatchmakeError {
    fn from(error: LocateError) -> Self {
        Self::new(MatchmakeCode::Unavailable, error.to_string())
    }
}

impl From<FindError> for MatchmakeError {
    fn from(error: FindError) -> Self {
        Self::new(MatchmakeCode::Unavailable, error.to_string())
    }
}
