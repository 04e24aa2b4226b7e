//! What must be true of the histories of all nodes, whatever happened to them.
//!
//! Pure: histories and what the harness saw go in, what is wrong comes out.
//!
//! | file | what |
//! |---|---|
//! | `facts` | who had which room, which fence, which end |
//! | `ticking` | no room ticks twice at once, none behind a fence or after its node's death |
//! | `lives` | who was declared dead had no lease, and has one recoverer; epochs rise |
//! | `joins` | a seat that was told of is there, or its room was reported lost |
//! | `rooms` | rooms of the dead are gone in time, those of the living stay; none is over-full |

mod facts;
mod joins;
mod lives;
mod rooms;
mod ticking;

#[cfg(test)]
mod tests;

use std::fmt;

use downbeat_cluster::lease::Member;
use downbeat_schemas::id::{NodeId, RoomId, SessionId};

use super::entry::{Entry, Ns};
use super::sight::Sight;
use facts::Facts;

/// All that is known of a run.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Of all processes, in any order.
    pub entries: Vec<Entry>,
    /// What the harness did and saw, in order.
    pub sights: Vec<Sight>,
    /// How long a room may still be listed, or a seat in it be given, after its node was killed.
    pub gone_within: Ns,
}

/// What was looked at and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Ticks of all rooms.
    pub ticks: usize,
    /// Of those, begun before a fence and ready behind it: they were told to nobody.
    pub ticks_kept_back: usize,
    /// Rooms that began.
    pub rooms: usize,
    /// Seats that a node told of.
    pub acks: usize,
    /// Seats that a client was told of.
    pub seats: usize,
    /// Of those, taken; the welcome may have got lost.
    pub taken: usize,
    /// Refused, for the room was reported lost.
    pub lost: usize,
    /// Lives that were declared dead.
    pub deaths: usize,
    /// Times that a node was out of touch.
    pub freezes: usize,
    /// What must not be.
    pub violations: Vec<Violation>,
}

/// What must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the text says it")]
pub enum Violation {
    TwoTick {
        room: RoomId,
        first: Member,
        second: Member,
        at: Ns,
    },
    BehindFence {
        room: RoomId,
        by: Member,
        late_ns: Ns,
    },
    AfterDeath {
        room: RoomId,
        by: Member,
        heir: Member,
        late_ns: Ns,
    },
    InAnotherLife {
        room: RoomId,
        owned: Member,
        ticked: Member,
    },
    NotOwned {
        room: RoomId,
        by: Member,
    },
    DeadWithLease {
        dead: Member,
        heir: Member,
        left_ns: Ns,
    },
    TwoHeirs {
        dead: Member,
        first: Member,
        second: Member,
    },
    EpochDoesNotRise {
        room: RoomId,
        by: Member,
        epoch: u64,
    },
    NoSuchSeat {
        room: RoomId,
        session: SessionId,
        owner: NodeId,
        said: String,
    },
    NoAnswer {
        room: RoomId,
        session: SessionId,
        why: String,
    },
    SeatInNoRoom {
        room: RoomId,
        owner: NodeId,
    },
    SeatWithTheDead {
        room: RoomId,
        owner: NodeId,
        late_ns: Ns,
    },
    DeadIsListed {
        room: RoomId,
        owner: NodeId,
        by: NodeId,
        late_ns: Ns,
    },
    LivingIsNotListed {
        room: RoomId,
        owner: NodeId,
        by: NodeId,
    },
    Vanished {
        room: RoomId,
        by: Member,
    },
    Overfull {
        room: RoomId,
        taken: u32,
        of: u32,
    },
}

/// Checks a run.
pub fn check(evidence: &Evidence) -> Verdict {
    let facts = Facts::of(evidence);
    let mut verdict = Verdict {
        rooms: facts.owners.len(),
        freezes: facts.freezes,
        ..Verdict::default()
    };
    ticking::check(&facts, &mut verdict);
    lives::check(&facts, &mut verdict);
    joins::check(evidence, &facts, &mut verdict);
    rooms::check(evidence, &facts, &mut verdict);
    verdict
}

impl Verdict {
    fn violate(&mut self, violation: Violation) {
        self.violations.push(violation);
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoTick {
                room,
                first,
                second,
                at,
            } => write!(f, "{first} and {second} both tick room {room} at {at}"),
            Self::BehindFence { room, by, late_ns } => {
                write!(
                    f,
                    "{by} begins a tick of room {room} {} behind its fence",
                    Ms(*late_ns)
                )
            }
            Self::AfterDeath {
                room,
                by,
                heir,
                late_ns,
            } => write!(
                f,
                "{by} ticks room {room} {} after {heir} has become the heir",
                Ms(*late_ns)
            ),
            Self::InAnotherLife {
                room,
                owned,
                ticked,
            } => write!(f, "{ticked} ticks room {room}, which is of {owned}"),
            Self::NotOwned { room, by } => write!(f, "{by} ticks room {room} without having it"),
            Self::DeadWithLease {
                dead,
                heir,
                left_ns,
            } => write!(
                f,
                "{heir} becomes the heir of {dead} {} before that one's fence",
                Ms(*left_ns)
            ),
            Self::TwoHeirs {
                dead,
                first,
                second,
            } => write!(f, "{first} and {second} both are heirs of {dead}"),
            Self::EpochDoesNotRise { room, by, epoch } => {
                write!(
                    f,
                    "{by} has room {room} with epoch {epoch}, which is no higher than before"
                )
            }
            Self::NoSuchSeat {
                room,
                session,
                owner,
                said,
            } => write!(
                f,
                "seat {session} in room {room} of {owner} was told of and is not there: {said}"
            ),
            Self::NoAnswer { room, session, why } => write!(
                f,
                "whether seat {session} in room {room} is there was never said: {why}"
            ),
            Self::SeatInNoRoom { room, owner } => {
                write!(
                    f,
                    "a seat in room {room} was told of, which {owner} never had"
                )
            }
            Self::SeatWithTheDead {
                room,
                owner,
                late_ns,
            } => write!(
                f,
                "a seat in room {room} was told of {} after its node {owner} was killed",
                Ms(*late_ns)
            ),
            Self::DeadIsListed {
                room,
                owner,
                by,
                late_ns,
            } => write!(
                f,
                "{by} lists room {room} {} after its node {owner} was killed",
                Ms(*late_ns)
            ),
            Self::LivingIsNotListed { room, owner, by } => {
                write!(f, "{by} does not list room {room}, which {owner} has")
            }
            Self::Vanished { room, by } => write!(f, "room {room} of {by} is gone without an end"),
            Self::Overfull { room, taken, of } => {
                write!(f, "room {room} has {taken} seats taken of {of}")
            }
        }
    }
}

struct Ms(Ns);

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} ms", self.0 as f64 / 1e6)
    }
}
