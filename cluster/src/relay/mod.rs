//! How a client plays in a room through a node that does not own it.
//!
//! The node that has the client's socket is the room's *edge*. A [`Strand`] ties one of its shards to
//! one room; the [`Hub`] is the other end, beside the room, of all its strands. Between them lies
//! publish/subscribe that may lose, double, delay and reorder: this module makes of it what a
//! connection is to a room, and does no I/O itself.
//!
//! ```text
//!   client ── socket ── Strand ──── Up: letters to the owner's inbox ────▶ Hub ── room
//!                         ◀── Frame: one per room and flush, to all edges ──┘
//! ```
//!
//! | | up: [`Up`] | down: [`Frame`](wire::Frame) |
//! |---|---|---|
//! | numbered | entries, per strand | frames, per room, for all edges |
//! | acknowledged by | the notes of frames | `heard` in letters |
//! | when one is lost | all from it on are sent again | it is asked for, and published again |
//! | when it is gone for good | never: the edge stops reading sockets | [`Turn::Resync`]: fresh snapshots |
//! | kept until acknowledged | all, at most `relay_bytes_max` | a ring, at most `relay_ring_bytes_max` |
//!
//! Both directions carry the [`Epoch`](downbeat_schemas::id::Epoch) of the owner. What was sent to or
//! by a former owner is dropped and counted; at a new one all numbers begin anew, and the edge
//! connects its clients again.
//!
//! # The owner
//!
//! Each relayed client is a [`ConnectionId`](downbeat_schemas::id::ConnectionId) of its own to the
//! room, which knows no difference: what it says to one goes to [`Hub::send`] instead of a socket.
//!
//! # What is promised
//!
//! While owner and edge live and hear each other now and then: the room gets every message of a
//! client once and in order; a client gets every message of the room once and in order, but for
//! messages that are replaced by a fresh snapshot, which is counted. The Welcome and the close of a
//! connection are never among the replaced.
//!
//! When another node takes the room, what a client said and the former owner did not acknowledge is
//! lost and counted: that owner may have applied it, and twice would be worse. What the former owner
//! said and the edge did not hear is lost too; a snapshot of the new one makes up for it.

mod bounds;
mod counters;
mod gate;
mod hub;
mod ids;
mod strand;
pub mod wire;

pub use self::counters::{EdgeCounters, OwnerCounters};
pub use self::gate::Gate;
pub use self::hub::{Hub, Refusal, Turn};
pub use self::ids::{FrameSeq, RelayedId, Round, StrandId, UpSeq};
pub use self::strand::{Audience, News, Queued, Strand};
pub use self::wire::{Standing, Up, WireError};
