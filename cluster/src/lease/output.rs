//! What the machine wants done, and what it has decided.

use std::sync::Arc;

use downbeat_schemas::time::Timestamp;

use super::member::Member;
use super::reply::Reply;
use super::request::Request;

/// Ties an answer to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// To be taken with [`Lease::next_output`](super::Lease::next_output) after every input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this, and tell the answer by [`Lease::on_reply`](super::Lease::on_reply). Send it at
    /// once or not at all: the lease counts from now. Requests to one copy go in this order.
    Ask {
        /// To which copy.
        copy: usize,
        /// To be given back with the answer.
        id: RequestId,
        /// What.
        request: Request,
        /// Whether `WAIT 1 50` follows in the same pipeline.
        confirm: bool,
    },
    /// Connect to the port that this member listens on, and tell how it went by
    /// [`Lease::on_probe`](super::Lease::on_probe).
    Probe {
        /// Whose.
        member: Member,
        /// What it tells about itself.
        about: Arc<str>,
    },
    /// The node's rights have changed, or its knowledge.
    Event(Event),
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The node holds the lease of this new life: it may create rooms and tick them.
    Held(Member),
    /// The fence has passed: no tick, no output; memory and sockets stay.
    Frozen,
    /// The lease is held again, by the same life. A room may go on as soon as its record in Redis
    /// still names this member: each is checked first.
    Thawed,
    /// This life was declared dead. Its rooms are another's: drop them, close their sockets with
    /// the code for "moved". [`Self::Held`] begins the next life.
    Moved(Member),
    /// This node, and no other, recovers the rooms of this dead member, until
    /// [`Lease::on_recovered`](super::Lease::on_recovered). Another can follow only after this
    /// node is declared dead itself.
    Recover(Member),
    /// So few copies still knew this dead member that nobody can be sure to be the only one to
    /// recover it; its last record is gone. What its room index still lists is lost: remove the
    /// records and listings that name this member, restore none. Mostly there is nothing, for it
    /// was recovered before. May be told to several nodes.
    Cleared(Member),
    /// [`Lease::members`](super::Lease::members) has changed.
    Members,
    /// After [`Lease::leave`](super::Lease::leave): as many copies know it as can be reached.
    Left,
}

/// A copy's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the script said.
    pub reply: Reply,
    /// How many replicas have it, by `WAIT`; 0 if that was not asked.
    pub replicas: u64,
}

/// How a connection to a member's port went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// The host refused: nobody listens there.
    Refused,
    /// Anything else: it was accepted, or there was no answer. That proves nothing.
    Other,
}

/// What has happened so often. Only ever rises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeaseCounts {
    /// Requests that failed or were not answered in time.
    pub failures: u64,
    /// Times the fence passed.
    pub freezes: u64,
    /// Times the lease was held again by the same life.
    pub thaws: u64,
    /// Times this node was declared dead.
    pub moves: u64,
    /// Members that this node began to declare dead.
    pub claims: u64,
    /// Such attempts that were given up.
    pub unclaims: u64,
    /// Members that this node was the one to recover.
    pub recoveries: u64,
    /// Acknowledgements that did not count because no replica had them.
    pub unconfirmed: u64,
    /// Times that a copy's table was found to be a new one.
    pub tables_lost: u64,
    /// Refusals because a table was full of members.
    pub full: u64,
}

/// Whether a member lives, as this node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// It holds a lease as far as is known.
    Up,
    /// Its lease has ended on a majority of the copies, or it has left.
    Late,
    /// Declared dead on a majority of the copies.
    Dead,
}

/// A member, as this node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberView {
    /// Whether it lives.
    pub state: MemberState,
    /// What it tells about itself.
    pub about: Arc<str>,
    /// When its lease would end, by this node's clock, as of the last change of the list: it has
    /// been renewed since unless the state says otherwise.
    pub expires: Timestamp,
}
