//! What the scripts answer. Nothing of it is trusted: another version may have written it.

use std::str::FromStr;

use downbeat_schemas::id::RoomId;

use super::loads::{self, NodeLoad};
use super::owner::{Epoch, Incarnation, Owner, RoomOwner, Title};
use super::record_text;
use super::store::Reply;
use crate::RoomRecord;

/// A reply that is none of what its script answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a script of the registry answered {found}, expected {expected}: do all nodes run the same version?"
)]
pub struct ReplyError {
    expected: &'static str,
    found: String,
}

/// What `find` answers.
#[derive(Debug, PartialEq)]
pub(crate) struct FindReply {
    pub(crate) answer: FindAnswer,
    /// Holds of others whose time was found to be over.
    pub(crate) holds_expired: u64,
}

#[derive(Debug, PartialEq)]
pub(crate) enum FindAnswer {
    Room(Box<RoomRecord>),
    Nothing,
    Create,
    Wait,
    /// The store is at work on it: ask again.
    Again,
}

/// What is answered to an owner's word on one room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Ok,
    /// The store lost what it was told.
    Again,
    /// The room has a later owner.
    Old,
}

/// What is answered to who claims a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The room is one's own.
    Yes(Title),
    /// Another has it.
    No {
        /// Who.
        owner: Owner,
        /// Since when.
        epoch: Epoch,
    },
}

/// A page of a listing.
#[derive(Debug, PartialEq)]
pub(crate) struct Page {
    /// Records that cannot be read are left out.
    pub(crate) records: Vec<RoomRecord>,
    /// Where the next page begins; `None` at the end.
    pub(crate) next: Option<Vec<u8>>,
}

pub(crate) fn find(reply: &Reply) -> Result<FindReply, ReplyError> {
    let error = || unexpected("{what, expired holds, record}", reply);
    let [what, expired, rest @ ..] = array(reply).ok_or_else(error)? else {
        return Err(error());
    };
    let answer = match (bytes(what).ok_or_else(error)?, rest) {
        (b"room", [record]) => {
            let record = bytes(record).and_then(|text| record_text::read(text).ok());
            FindAnswer::Room(Box::new(record.ok_or_else(error)?))
        }
        (b"none", []) => FindAnswer::Nothing,
        (b"create", []) => FindAnswer::Create,
        (b"wait", []) => FindAnswer::Wait,
        (b"again", []) => FindAnswer::Again,
        _ => return Err(error()),
    };
    let holds_expired = count(expired).ok_or_else(error)?;
    Ok(FindReply {
        answer,
        holds_expired,
    })
}

/// The answers to `asked` words.
pub(crate) fn words(reply: &Reply, asked: usize) -> Result<Vec<Word>, ReplyError> {
    let words = array(reply).filter(|words| words.len() == asked);
    let words = words.and_then(|words| words.iter().map(word).collect());
    words.ok_or_else(|| unexpected("ok, again or old for each room", reply))
}

fn word(reply: &Reply) -> Option<Word> {
    match bytes(reply)? {
        b"ok" => Some(Word::Ok),
        b"again" => Some(Word::Again),
        b"old" => Some(Word::Old),
        _ => None,
    }
}

pub(crate) fn claimed(reply: &Reply) -> Result<Claimed, ReplyError> {
    let parse = || match array(reply)? {
        [Reply::Int(1), epoch, born] => Some(Claimed::Yes(Title {
            epoch: Epoch(parsed(epoch)?),
            born_ms: parsed(born)?,
        })),
        [Reply::Int(0), epoch, node, incarnation] => Some(Claimed::No {
            owner: owner(node, incarnation)?,
            epoch: Epoch(parsed(epoch)?),
        }),
        _ => None,
    };
    parse().ok_or_else(|| unexpected("{1, epoch, born} or {0, epoch, owner}", reply))
}

/// `None` if there is no such room.
pub(crate) fn room_owner(room: RoomId, reply: &Reply) -> Result<Option<RoomOwner>, ReplyError> {
    if *reply == Reply::Nil {
        return Ok(None);
    }
    let parse = || match array(reply)? {
        [epoch, node, incarnation, shard, name, born] => Some(RoomOwner {
            room,
            owner: owner(node, incarnation)?,
            shard: downbeat_schemas::id::ShardId(parsed(shard)?),
            name: text(name)?.to_owned(),
            title: Title {
                epoch: Epoch(parsed(epoch)?),
                born_ms: parsed(born)?,
            },
        }),
        _ => None,
    };
    let owner = parse().ok_or_else(|| unexpected("the six fields of a room's record", reply));
    owner.map(Some)
}

/// `None` if there is none, or it cannot be read.
pub(crate) fn listing(reply: &Reply) -> Option<RoomRecord> {
    record_text::read(bytes(reply)?).ok()
}

pub(crate) fn page(reply: &Reply) -> Result<Page, ReplyError> {
    let error = || unexpected("{next place, records…}", reply);
    let [next, records @ ..] = array(reply).ok_or_else(error)? else {
        return Err(error());
    };
    let next = bytes(next).ok_or_else(error)?;
    Ok(Page {
        records: records.iter().filter_map(listing).collect(),
        next: (!next.is_empty()).then(|| next.to_vec()),
    })
}

/// Rooms of an incarnation with their names; members that cannot be read are left out.
pub(crate) fn index_page(reply: &Reply) -> Result<Vec<(RoomId, String)>, ReplyError> {
    let members = array(reply).ok_or_else(|| unexpected("rooms", reply))?;
    let read = |member| {
        let (room, name) = text(member)?.split_once('|')?;
        Some((room.parse().ok()?, name.to_owned()))
    };
    Ok(members.iter().filter_map(read).collect())
}

pub(crate) fn names(reply: &Reply) -> Result<Vec<String>, ReplyError> {
    let names = array(reply).ok_or_else(|| unexpected("names", reply))?;
    let names = names.iter().filter_map(text);
    Ok(names.map(str::to_owned).collect())
}

/// The loads of all nodes; those that cannot be read are left out.
pub(crate) fn loads(reply: &Reply) -> Result<Vec<NodeLoad>, ReplyError> {
    let error = || unexpected("{now, owner, load, …}", reply);
    let [now, rest @ ..] = array(reply).ok_or_else(error)? else {
        return Err(error());
    };
    let now_ms = parsed(now).ok_or_else(error)?;
    let (nodes, _) = rest.as_chunks::<2>();
    let nodes = nodes.iter();
    Ok(nodes
        .filter_map(|[owner, load]| loads::read(text(owner)?, text(load)?, now_ms))
        .collect())
}

/// The numbers of holds and rooms that expired.
pub(crate) fn expired(reply: &Reply) -> Result<(u64, u64), ReplyError> {
    let parse = || match array(reply)? {
        [holds, rooms] => Some((count(holds)?, count(rooms)?)),
        _ => None,
    };
    parse().ok_or_else(|| unexpected("{holds, rooms}", reply))
}

fn unexpected(expected: &'static str, found: &Reply) -> ReplyError {
    const SHOWN_MAX: usize = 200;
    let found = format!("{found:?}").chars().take(SHOWN_MAX).collect();
    ReplyError { expected, found }
}

fn owner(node: &Reply, incarnation: &Reply) -> Option<Owner> {
    Some(Owner {
        node: parsed(node)?,
        incarnation: Incarnation(parsed(incarnation)?),
    })
}

fn array(reply: &Reply) -> Option<&[Reply]> {
    match reply {
        Reply::Array(items) => Some(items),
        _ => None,
    }
}

fn bytes(reply: &Reply) -> Option<&[u8]> {
    match reply {
        Reply::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn text(reply: &Reply) -> Option<&str> {
    std::str::from_utf8(bytes(reply)?).ok()
}

fn parsed<T: FromStr>(reply: &Reply) -> Option<T> {
    text(reply)?.parse().ok()
}

fn count(reply: &Reply) -> Option<u64> {
    match reply {
        Reply::Int(count) => u64::try_from(*count).ok(),
        _ => None,
    }
}
