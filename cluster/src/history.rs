//! What a node did and when, in a file of its own, for those who check afterwards that no two nodes
//! had one room. Off unless it is asked for, and then a look at an `Option` is all it costs.
//!
//! A line is `TIME NODE INCARNATION SHARD KIND NAME=VALUE…`. Times are nanoseconds of
//! `CLOCK_BOOTTIME`, which all processes of a machine share. Each thread that does something has a
//! [`Pen`], collects its lines and writes them in one piece at the end of its turn: a process that is
//! killed loses at most what it did in its last turn, and never leaves half a line but the last.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use downbeat_schemas::id::{Epoch, NodeId, RoomId, SessionId, ShardId};
use downbeat_schemas::time::Timestamp;

use crate::lease::Member;

/// Beyond, lines are written before the turn is over.
const PAGE_BYTES: usize = 256 << 10;

/// Where a node writes down what it does.
#[derive(Clone, Debug, Default)]
pub struct History(Option<Arc<Book>>);

#[derive(Debug)]
struct Book {
    file: File,
    node: NodeId,
    /// Of the node's clock, on `CLOCK_BOOTTIME`.
    zero_ns: u64,
    incarnation: AtomicU64,
    /// Something could not be written: the rest is worth nothing.
    is_torn: AtomicBool,
}

/// One thread's end of a [`History`].
#[derive(Debug, Default)]
pub struct Pen {
    book: Option<Arc<Book>>,
    shard: Option<ShardId>,
    page: String,
}

/// Something that a node did.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'a> {
    /// A new life holds its lease.
    Held,
    /// The fence was moved there.
    Fence(Timestamp),
    /// The fence has passed.
    Frozen,
    /// The lease is held again.
    Thawed,
    /// This life was declared dead.
    Moved(Member),
    /// The lease was given back.
    Left,
    /// This node, and no other, has the rooms of a dead life from now on.
    Recover(Member),
    /// They are cleared away.
    Recovered(Member, usize),
    /// A room turned out to be another's.
    Lost(RoomId),
    /// A room begins here.
    Own {
        /// Which.
        room: RoomId,
        /// As whose.
        epoch: Epoch,
    },
    /// A room has ticked: the line has the time of its beginning.
    Tick {
        /// Which.
        room: RoomId,
        /// As whose.
        epoch: Epoch,
        /// The fence that let it.
        fence: Timestamp,
        /// When it was ready to speak.
        done: Timestamp,
        /// Whether it might speak then.
        spoke: bool,
    },
    /// A room has so many seats taken.
    Seats {
        /// Which.
        room: RoomId,
        /// Taken, reserved ones included.
        taken: u32,
        /// All.
        of: u32,
    },
    /// Somebody was told of a seat.
    Ack {
        /// In this room.
        room: RoomId,
        /// The seat.
        session: SessionId,
        /// The room's node.
        owner: NodeId,
    },
    /// A room has ended.
    End(RoomId),
    /// A room was dropped as it was.
    Dropped {
        /// Which.
        room: RoomId,
        /// Why.
        why: &'a str,
    },
}

impl History {
    /// Nothing is written.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Appends to a file. `zero_ns` is the zero of the node's clock on `CLOCK_BOOTTIME`.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(path: &Path, node: NodeId, zero_ns: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Some(Arc::new(Book {
            file,
            node,
            zero_ns,
            incarnation: AtomicU64::new(0),
            is_torn: AtomicBool::new(false),
        }))))
    }

    /// For one thread: a shard's, or the one that keeps the lease.
    pub fn pen(&self, shard: Option<ShardId>) -> Pen {
        Pen {
            book: self.0.clone(),
            shard,
            page: String::new(),
        }
    }
}

impl Pen {
    /// Whether there is a history.
    pub const fn is_on(&self) -> bool {
        self.book.is_some()
    }

    /// From now on, lines are of this life.
    pub(crate) fn begin_life(&self, member: Member) {
        if let Some(book) = &self.book {
            let incarnation = member.incarnation.0;
            book.incarnation.store(incarnation, Ordering::Release);
        }
    }

    /// Notes what was done at `at`.
    pub fn note(&mut self, at: Timestamp, fact: Fact<'_>) {
        let Some(book) = &self.book else {
            return;
        };
        let line = Line {
            at,
            book,
            shard: self.shard,
            fact,
        };
        // Writing to memory does not fail.
        let _ = writeln!(self.page, "{line}");
        if self.page.len() > PAGE_BYTES {
            self.turn_page();
        }
    }

    /// Writes down what was noted.
    pub fn turn_page(&mut self) {
        let Some(book) = self.book.as_ref().filter(|_| !self.page.is_empty()) else {
            return;
        };
        if book.is_torn.load(Ordering::Acquire) {
            self.page.insert_str(0, "\ntorn\n");
        }
        let written = (&book.file).write_all(self.page.as_bytes());
        if let Err(error) = &written {
            tracing::error!("the history is torn: {error}");
        }
        // Stays so: half a line may be anywhere.
        book.is_torn.fetch_or(written.is_err(), Ordering::AcqRel);
        self.page.clear();
    }
}

struct Line<'a> {
    at: Timestamp,
    book: &'a Book,
    shard: Option<ShardId>,
    fact: Fact<'a>,
}

impl std::fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Book { node, zero_ns, .. } = self.book;
        let incarnation = self.book.incarnation.load(Ordering::Acquire);
        let ns = |at: Timestamp| zero_ns.saturating_add(at.0);
        write!(f, "{} {node} {incarnation} ", ns(self.at))?;
        match self.shard {
            Some(shard) => write!(f, "{shard} ")?,
            None => f.write_str("- ")?,
        }
        match self.fact {
            Fact::Held => f.write_str("held"),
            // The zero of the node's clock is before all that can be asked of the fence.
            Fact::Fence(ends_at) => write!(f, "fence until={}", ns(ends_at)),
            Fact::Frozen => f.write_str("frozen"),
            Fact::Thawed => f.write_str("thawed"),
            Fact::Moved(member) => write!(f, "moved member={member}"),
            Fact::Left => f.write_str("left"),
            Fact::Recover(member) => write!(f, "recover member={member}"),
            Fact::Recovered(member, rooms) => write!(f, "recovered member={member} rooms={rooms}"),
            Fact::Lost(room) => write!(f, "lost room={room}"),
            Fact::Own { room, epoch } => write!(f, "own room={room} epoch={}", epoch.0),
            Fact::Tick {
                room,
                epoch,
                fence,
                done,
                spoke,
            } => {
                let (fence, done) = (ns(fence), ns(done));
                let epoch = epoch.0;
                write!(
                    f,
                    "tick room={room} epoch={epoch} fence={fence} done={done} spoke={spoke}"
                )
            }
            Fact::Seats { room, taken, of } => write!(f, "seats room={room} taken={taken} of={of}"),
            Fact::Ack {
                room,
                session,
                owner,
            } => write!(f, "ack room={room} session={session} owner={owner}"),
            Fact::End(room) => write!(f, "end room={room}"),
            Fact::Dropped { room, why } => write!(f, "dropped room={room} why={why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::Incarnation;

    #[test]
    fn what_is_noted_is_written_at_the_end_of_the_turn() {
        let path = std::env::temp_dir().join(format!("history-{}", std::process::id()));
        let node = NodeId(1);
        let history = History::open(&path, node, 1_000).unwrap();
        let (mut driver, mut shard) = (history.pen(None), history.pen(Some(ShardId(2))));
        let member = Member {
            node,
            incarnation: Incarnation(7),
        };
        driver.begin_life(member);
        driver.note(Timestamp(1), Fact::Held);
        shard.note(
            Timestamp(2),
            Fact::Tick {
                room: RoomId(3),
                epoch: Epoch::FIRST,
                fence: Timestamp(9),
                done: Timestamp(4),
                spoke: true,
            },
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
        shard.turn_page();
        driver.turn_page();
        driver.turn_page();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(
            text,
            "1002 0000000000001 7 2 tick room=0000000000003 epoch=1 fence=1009 done=1004 \
             spoke=true\n1001 0000000000001 7 - held\n"
        );
    }

    #[test]
    fn without_a_history_nothing_is_kept() {
        let mut pen = History::off().pen(None);
        pen.note(Timestamp(1), Fact::Held);
        assert!(!pen.is_on() && pen.page.is_empty());
    }
}
