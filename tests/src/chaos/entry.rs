//! A line of a node's history, read again.

use std::str::FromStr;

use downbeat_cluster::lease::{Incarnation, Member};
use downbeat_schemas::id::{NodeId, RoomId, SessionId};

/// Nanoseconds of `CLOCK_BOOTTIME`: one clock for all processes of a machine.
pub type Ns = u64;

/// Something that a node did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When; of a tick, when it began.
    pub at: Ns,
    /// Which life of which node.
    pub by: Member,
    /// What.
    pub deed: Deed,
}

/// See [`downbeat_cluster::Fact`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in a fact")]
pub enum Deed {
    Held,
    Fence {
        until: Ns,
    },
    Frozen,
    Thawed,
    Moved(Member),
    Left,
    Recover(Member),
    Recovered(Member),
    Lost(RoomId),
    Own {
        room: RoomId,
        epoch: u64,
    },
    Tick(Tick),
    Seats {
        room: RoomId,
        taken: u32,
        of: u32,
    },
    Ack {
        room: RoomId,
        session: SessionId,
        owner: NodeId,
    },
    End(RoomId),
    Dropped(RoomId),
}

/// One tick of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Whose.
    pub room: RoomId,
    /// Of its owner.
    pub epoch: u64,
    /// The fence that let it begin.
    pub fence: Ns,
    /// When its state was there.
    pub done: Ns,
    /// Whether it might be told to anybody.
    pub spoke: bool,
}

/// What is no history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// Reads the file of one process, as it was when it was read: a line that is not whole yet, the last
/// one, is left out.
///
/// # Errors
/// [`Unreadable`] if a line was not written as a whole: then nothing can be concluded.
pub fn read(text: &str) -> Result<Vec<Entry>, Unreadable> {
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let lines = text[..whole].lines();
    lines.map(parse).collect()
}

fn parse(line: &str) -> Result<Entry, Unreadable> {
    entry(line).ok_or_else(|| Unreadable(line.chars().take(200).collect()))
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split(' ');
    let at = words.next()?.parse().ok()?;
    let node = words.next()?.parse().ok()?;
    let incarnation = Incarnation(words.next()?.parse().ok()?);
    let (_shard, kind) = (words.next()?, words.next()?);
    let fields: Vec<(&str, &str)> = words.map_while(|word| word.split_once('=')).collect();
    let by = Member { node, incarnation };
    let deed = deed(kind, &Fields(&fields))?;
    Some(Entry { at, by, deed })
}

fn deed(kind: &str, fields: &Fields<'_>) -> Option<Deed> {
    let room = || fields.read("room");
    Some(match kind {
        "held" => Deed::Held,
        "fence" => Deed::Fence {
            until: fields.read("until")?,
        },
        "frozen" => Deed::Frozen,
        "thawed" => Deed::Thawed,
        "moved" => Deed::Moved(fields.read("member")?),
        "left" => Deed::Left,
        "recover" => Deed::Recover(fields.read("member")?),
        "recovered" => Deed::Recovered(fields.read("member")?),
        "lost" => Deed::Lost(room()?),
        "own" => Deed::Own {
            room: room()?,
            epoch: fields.read("epoch")?,
        },
        "tick" => Deed::Tick(Tick {
            room: room()?,
            epoch: fields.read("epoch")?,
            fence: fields.read("fence")?,
            done: fields.read("done")?,
            spoke: fields.read("spoke")?,
        }),
        "seats" => Deed::Seats {
            room: room()?,
            taken: fields.read("taken")?,
            of: fields.read("of")?,
        },
        "ack" => Deed::Ack {
            room: room()?,
            session: fields.read("session")?,
            owner: fields.read("owner")?,
        },
        "end" => Deed::End(room()?),
        "dropped" => Deed::Dropped(room()?),
        _ => return None,
    })
}

struct Fields<'a>(&'a [(&'a str, &'a str)]);

impl Fields<'_> {
    fn read<T: FromStr>(&self, name: &str) -> Option<T> {
        let mut found = self.0.iter().filter(|(known, _)| *known == name);
        found.next()?.1.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: &str = "1002 0000000000001 7 2 tick room=0000000000003 epoch=1 fence=1009 \
                        done=1004 spoke=true\n";

    #[test]
    fn lines_are_read_as_nodes_write_them() {
        let text = format!("{TICK}1001 0000000000001 7 - recover member=0000000000002.9\n1003 00");
        let entries = read(&text).unwrap();
        let by = "0000000000001.7".parse().unwrap();
        let tick = Tick {
            room: RoomId(3),
            epoch: 1,
            fence: 1009,
            done: 1004,
            spoke: true,
        };
        let deed = Deed::Tick(tick);
        assert_eq!(entries[0], Entry { at: 1002, by, deed });
        let deed = Deed::Recover("0000000000002.9".parse().unwrap());
        assert_eq!(entries[1..], [Entry { at: 1001, by, deed }]);
    }

    #[test]
    fn a_torn_history_is_refused() {
        for torn in ["torn\n", "1002 0000000000001 7 2 tick room=000000000\n"] {
            assert!(read(&format!("{TICK}{torn}{TICK}")).is_err(), "{torn}");
        }
    }
}
