//! Questions to the store, as the scripts read them. The scripts say what the arguments mean.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::{RoomId, ShardId};

use super::keys::Keys;
use super::owner::{Epoch, Owner, Title};
use super::store::{Call, Script};
use super::{rank, record_text, script};
use crate::{HoldId, HoldPass, Query, RoomRecord, TicketId, TicketPass};

/// Rooms that a request may exclude. Beyond: only the last count.
const EXCLUDED_MAX: usize = 64;
/// Holds and rooms that one call expires. Beyond: the next call goes on.
const EXPIRED_MAX: u64 = 64;
/// Records in one page of a listing.
const PAGE: u64 = 200;

/// Makes the calls of one owner.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    pub(crate) keys: Keys,
    pub(crate) owner: Owner,
}

/// One room's part of a batch.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Set(Publication),
    End { room: RoomId, epoch: Epoch },
}

/// How a room is now.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) record: Arc<RoomRecord>,
    pub(crate) title: Title,
    /// Rises with each publication of the room.
    pub(crate) version: u64,
    pub(crate) settled: Vec<HoldId>,
    /// Of the same name.
    pub(crate) ticket: Option<TicketPass>,
}

/// A room that is as it was last published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) room: RoomId,
    pub(crate) epoch: Epoch,
    pub(crate) version: u64,
}

impl Calls {
    pub(crate) fn find(
        &self,
        query: &Query,
        hold: (HoldId, Duration),
        ticket: Option<(TicketId, Duration)>,
    ) -> Call {
        let mut args = Args::default();
        args.text(query.filter.as_str());
        args.text(rank::order_text(&query.sort_by));
        args.text(hold.0).text(hold.1.as_millis());
        match ticket {
            Some((ticket, time)) => args.text(ticket).text(time.as_millis()),
            None => args.text("").text(0),
        };
        let passed_over = query.exclude.len().saturating_sub(EXCLUDED_MAX);
        for room in query.exclude.iter().skip(passed_over) {
            args.text(room);
        }
        self.in_partition(&script::FIND, &query.name, args)
    }

    pub(crate) fn publish(&self, name: &str, changes: &[Change]) -> Call {
        let mut args = Args::default();
        for change in changes {
            match change {
                Change::Set(publication) => self.set(&mut args, publication),
                Change::End { room, epoch } => {
                    args.text("end").text(room).text(epoch.0).text(self.owner);
                }
            }
        }
        self.in_partition(&script::PUBLISH, name, args)
    }

    fn set(&self, args: &mut Args, publication: &Publication) {
        let Title { epoch, born_ms } = publication.title;
        let record = &*publication.record;
        let is_open = !record.locked && !record.private;
        args.text("set").text(record.room);
        args.text(epoch.0).text(publication.version);
        args.text(self.owner);
        args.text(record.clients).text(record.clients_max);
        args.text(u8::from(is_open)).text(record.filter.as_str());
        args.text(rank::born_text(born_ms));
        args.bytes(record_text::write(record, born_ms));
        match &publication.ticket {
            Some(ticket) => args.text(ticket.id).text(ticket.filter.as_str()),
            None => args.text("").text(""),
        };
        args.text(publication.settled.len());
        for hold in &publication.settled {
            args.text(hold);
        }
        let values = rank::values(record, born_ms);
        args.text(values.len());
        for (name, value) in values {
            args.text(name).bytes(value);
        }
    }

    pub(crate) fn touch(&self, name: &str, rooms: &[Touched]) -> Call {
        let mut args = Args::default();
        args.text(self.owner);
        for touched in rooms {
            args.text(touched.room).text(touched.epoch.0);
            args.text(touched.version);
        }
        self.in_partition(&script::TOUCH, name, args)
    }

    pub(crate) fn release(&self, hold: &HoldPass) -> Call {
        let args = Args::of(&[&hold.room, &hold.id]);
        self.in_partition(&script::RELEASE, &hold.name, args)
    }

    pub(crate) fn finish(&self, ticket: &TicketPass) -> Call {
        let args = Args::of(&[&ticket.filter.as_str(), &ticket.id]);
        self.in_partition(&script::FINISH, &ticket.name, args)
    }

    /// Forgets the listings of rooms of a dead owner.
    pub(crate) fn purge(&self, name: &str, dead: Owner, rooms: &[RoomId]) -> Call {
        let mut args = Args::of(&[&dead]);
        for room in rooms {
            args.text(room);
        }
        self.in_partition(&script::PURGE, name, args)
    }

    pub(crate) fn expire(&self, name: &str) -> Call {
        self.in_partition(&script::EXPIRE, name, Args::of(&[&EXPIRED_MAX]))
    }

    /// The page after a place that the page before named.
    pub(crate) fn list(&self, name: &str, after: Vec<u8>) -> Call {
        let mut args = Args::default();
        args.bytes(after).text(PAGE);
        self.in_partition(&script::LIST, name, args)
    }

    pub(crate) fn listing(&self, name: &str, room: RoomId) -> Call {
        self.in_partition(&script::LISTING, name, Args::of(&[&room]))
    }

    pub(crate) fn room_create(&self, room: RoomId, shard: ShardId, name: &str) -> Call {
        let Owner { node, incarnation } = self.owner;
        let args = Args::of(&[&node, &incarnation.0, &shard, &name]);
        self.of_room(&script::ROOM_CREATE, room, args)
    }

    pub(crate) fn room_take(&self, room: RoomId, from: Owner, shard: ShardId, name: &str) -> Call {
        let to = self.owner;
        let mut args = Args::of(&[&from.node, &from.incarnation.0]);
        args.text(to.node).text(to.incarnation.0);
        args.text(shard).text(name);
        self.of_room(&script::ROOM_TAKE, room, args)
    }

    pub(crate) fn room_keep(&self, room: RoomId, title: Title, shard: ShardId, name: &str) -> Call {
        let Owner { node, incarnation } = self.owner;
        let mut args = Args::of(&[&title.epoch.0, &node, &incarnation.0]);
        args.text(shard).text(name).text(title.born_ms);
        self.of_room(&script::ROOM_KEEP, room, args)
    }

    /// Forgets the owner of a room that a dead one had, whatever its epoch.
    pub(crate) fn room_forget(&self, room: RoomId, dead: Owner) -> Call {
        let args = Args::of(&[&"", &dead.node, &dead.incarnation.0]);
        self.of_room(&script::ROOM_DROP, room, args)
    }

    /// Forgets a room's owner, if it still is this one.
    pub(crate) fn room_drop(&self, room: RoomId, epoch: Epoch, owner: Owner) -> Call {
        let args = Args::of(&[&epoch.0, &owner.node, &owner.incarnation.0]);
        self.of_room(&script::ROOM_DROP, room, args)
    }

    pub(crate) fn room_read(&self, room: RoomId) -> Call {
        self.of_room(&script::ROOM_READ, room, Args::default())
    }

    pub(crate) fn index_add(&self, room: RoomId, name: &str) -> Call {
        self.of_index(self.owner, Args::of(&[&"add", &format!("{room}|{name}")]))
    }

    pub(crate) fn index_remove(&self, owner: Owner, room: RoomId, name: &str) -> Call {
        self.of_index(owner, Args::of(&[&"remove", &format!("{room}|{name}")]))
    }

    /// The page after a member that the page before ended with.
    pub(crate) fn index_page(&self, owner: Owner, after: &[u8]) -> Call {
        let mut args = Args::of(&[&"page"]);
        args.bytes(after.to_vec()).text(PAGE);
        self.of_index(owner, args)
    }

    pub(crate) fn names(&self, used: &[Arc<str>]) -> Call {
        let mut args = Args::default();
        for name in used {
            args.text(name);
        }
        call(&script::NAMES, self.keys.names(), args)
    }

    pub(crate) fn loads(&self, own: String) -> Call {
        let mut args = Args::of(&[&self.owner]);
        args.text(own);
        call(&script::LOADS, self.keys.loads(), args)
    }

    fn in_partition(&self, script: &'static Script, name: &str, args: Args) -> Call {
        call(script, self.keys.partition(name), args)
    }

    fn of_room(&self, script: &'static Script, room: RoomId, args: Args) -> Call {
        call(script, self.keys.room(room), args)
    }

    fn of_index(&self, owner: Owner, args: Args) -> Call {
        call(&script::INDEX, self.keys.index(owner), args)
    }
}

fn call(script: &'static Script, key: Vec<u8>, args: Args) -> Call {
    let args = args.0;
    Call { script, key, args }
}

#[derive(Default)]
struct Args(Vec<Vec<u8>>);

impl Args {
    fn of(shown: &[&dyn Display]) -> Self {
        Self(shown.iter().map(|arg| arg.to_string().into()).collect())
    }

    fn text(&mut self, shown: impl Display) -> &mut Self {
        self.bytes(shown.to_string().into())
    }

    fn bytes(&mut self, bytes: Vec<u8>) -> &mut Self {
        self.0.push(bytes);
        self
    }
}
