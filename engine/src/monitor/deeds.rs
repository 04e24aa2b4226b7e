//! What operators do to rooms.

use downbeat_core::host::Action;
use downbeat_schemas::id::RoomId;

use super::backstage::{Backstage, Later};
use super::words::Deed;

/// What clients of games are told.
const KICKED: &str = "an operator sent you away";
const CLOSED: &str = "an operator closed the room";

/// The work, which ends with why it was not done, if it was not. None if a session is none.
pub(super) fn begin(
    backstage: &dyn Backstage,
    room: RoomId,
    deed: &Deed,
) -> Option<Later<Option<String>>> {
    let action = match deed {
        Deed::Lock => Action::Lock,
        Deed::Unlock => Action::Unlock,
        Deed::Close => Action::Close {
            reason: CLOSED.to_owned(),
        },
        Deed::Kick { session } => Action::Kick {
            session: session.parse().ok()?,
            reason: KICKED.to_owned(),
        },
        Deed::Record | Deed::StopRecording => {
            let recorded = backstage.record(room, *deed == Deed::Record);
            return Some(Box::pin(async move { recorded.await.err() }));
        }
    };
    let refusal = match deed {
        Deed::Kick { .. } => "this client is not in the room any more, or not yet",
        _ => "the room is gone, or its shard does not answer",
    };
    let acted = backstage.act(room, action);
    Some(Box::pin(async move {
        (!acted.await).then(|| refusal.to_owned())
    }))
}
