//! What the registry promised to one request, given back when dropped.

use std::fmt;
use std::sync::Arc;

use downbeat_schemas::id::RoomId;

/// A free seat that the registry keeps for one request.
///
/// It ends when the room's owner counts the seat ([`publish`](crate::Registry::publish)), when it
/// is dropped, when the room ends, or `matchmake_timeout_ms` after it was made.
#[must_use = "the seat is free again when the hold is dropped"]
pub struct Hold {
    id: HoldId,
    room: RoomId,
    /// `None` once settled.
    home: Option<Arc<dyn Claims>>,
}

/// The right to create a room of one name and filter, which one request has at a time.
///
/// Publish the room first, then drop the ticket: then those who wait search again, and if none of
/// the room's seats is left for them, the next one gets a ticket. Dropped without a room (its
/// creation failed), it passes on likewise; so it does `create_timeout_ms` after it was made.
#[must_use = "another request may create the room when the ticket is dropped"]
pub struct Ticket {
    id: TicketId,
    home: Arc<dyn Claims>,
}

/// The registry as its holds and tickets see it.
pub(crate) trait Claims: Send + Sync {
    /// Frees the seat, unless it was settled or expired before.
    fn release(&self, hold: HoldId);
    /// Lets those who wait search again, unless it expired before.
    fn finish(&self, ticket: TicketId);
}

/// Rises with each hold of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HoldId(pub(crate) u64);

/// Rises with each ticket of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TicketId(pub(crate) u64);

impl Hold {
    pub(crate) fn new(id: HoldId, room: RoomId, home: Arc<dyn Claims>) -> Self {
        Self {
            id,
            room,
            home: Some(home),
        }
    }

    /// The room that the seat is in.
    pub const fn room(&self) -> RoomId {
        self.room
    }

    /// Ends the hold without freeing the seat: whoever calls this accounts for it.
    pub(crate) fn settle(mut self) -> HoldId {
        self.home = None;
        self.id
    }
}

impl Ticket {
    pub(crate) fn new(id: TicketId, home: Arc<dyn Claims>) -> Self {
        Self { id, home }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.release(self.id);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.home.finish(self.id);
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hold({} in {})", self.id.0, self.room)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({})", self.id.0)
    }
}
