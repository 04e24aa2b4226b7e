//! Which shards listen to which rooms.

use std::collections::{BTreeMap, BTreeSet};

use downbeat_schemas::id::{RoomId, ShardId};

use super::channels::Pair;

/// The listening shards, with the channels that are subscribed for them.
#[derive(Debug, Default)]
pub(super) struct Audience {
    rooms: BTreeMap<RoomId, Listened>,
    by_channel: BTreeMap<Vec<u8>, RoomId>,
}

#[derive(Debug)]
struct Listened {
    shards: BTreeSet<ShardId>,
    pair: Pair,
}

/// Channels to subscribe to and to leave.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) subscribe: Vec<Vec<u8>>,
    pub(super) leave: Vec<Vec<u8>>,
}

impl Audience {
    /// A shard listens to a room whose channels are `pair`.
    pub(super) fn join(&mut self, room: RoomId, shard: ShardId, pair: &Pair) -> Change {
        let listened = self.rooms.entry(room).or_insert_with(|| Listened {
            shards: BTreeSet::new(),
            pair: pair.clone(),
        });
        let is_first = listened.shards.is_empty();
        listened.shards.insert(shard);
        if !is_first {
            return Change::default();
        }
        for channel in channels(pair) {
            self.by_channel.insert(channel.clone(), room);
        }
        Change {
            subscribe: channels(pair).cloned().collect(),
            leave: Vec::new(),
        }
    }

    /// A shard listens no more.
    pub(super) fn leave(&mut self, room: RoomId, shard: ShardId) -> Change {
        let Some(listened) = self.rooms.get_mut(&room) else {
            return Change::default();
        };
        listened.shards.remove(&shard);
        if !listened.shards.is_empty() {
            return Change::default();
        }
        let leave: Vec<Vec<u8>> = channels(&listened.pair).cloned().collect();
        self.rooms.remove(&room);
        for channel in &leave {
            self.by_channel.remove(channel);
        }
        Change {
            subscribe: Vec::new(),
            leave,
        }
    }

    /// The masters have changed: each room's channels as they are now.
    pub(super) fn repair(&mut self, pair_of: impl Fn(RoomId) -> Pair) -> Change {
        let mut change = Change::default();
        for (room, listened) in &mut self.rooms {
            let pair = pair_of(*room);
            if listened.pair == pair {
                continue;
            }
            let former = std::mem::replace(&mut listened.pair, pair);
            let (former, present) = (set(&former), set(&listened.pair));
            for left in former.difference(&present) {
                self.by_channel.remove(*left);
                change.leave.push((*left).clone());
            }
            for new in present.difference(&former) {
                self.by_channel.insert((*new).clone(), *room);
                change.subscribe.push((*new).clone());
            }
        }
        change
    }

    /// Who is to get what was said on a channel.
    pub(super) fn of(&self, channel: &[u8]) -> Option<(RoomId, impl Iterator<Item = ShardId>)> {
        let room = self.by_channel.get(channel)?;
        let listened = self.rooms.get(room)?;
        Some((*room, listened.shards.iter().copied()))
    }

    /// The channels of a room, if anybody listens to it.
    pub(super) fn pair(&self, room: RoomId) -> Option<&Pair> {
        Some(&self.rooms.get(&room)?.pair)
    }

    pub(super) fn rooms(&self) -> usize {
        self.rooms.len()
    }
}

fn channels(pair: &Pair) -> impl Iterator<Item = &Vec<u8>> {
    std::iter::once(&pair.first).chain(&pair.second)
}

fn set(pair: &Pair) -> BTreeSet<&Vec<u8>> {
    channels(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn pair(first: &str, second: &str) -> Pair {
        Pair {
            first: first.into(),
            second: Some(second.into()),
        }
    }

    fn heard(audience: &Audience, channel: &str) -> Vec<u16> {
        let shards = audience.of(channel.as_bytes());
        shards.map_or(Vec::new(), |(_, shards)| {
            shards.map(|shard| shard.0).collect()
        })
    }

    #[test]
    fn the_first_shard_subscribes_and_the_last_one_leaves() {
        let mut audience = Audience::default();
        let change = audience.join(ROOM, ShardId(0), &pair("a", "b"));
        assert_eq!(change.subscribe, [b"a", b"b"]);
        let change = audience.join(ROOM, ShardId(1), &pair("a", "b"));
        assert_eq!(change, Change::default());
        assert_eq!(heard(&audience, "a"), [0, 1]);
        assert_eq!(audience.leave(ROOM, ShardId(0)), Change::default());
        assert_eq!(heard(&audience, "b"), [1]);
        assert_eq!(audience.leave(ROOM, ShardId(1)).leave, [b"a", b"b"]);
        assert_eq!(audience.leave(ROOM, ShardId(1)), Change::default());
        assert_eq!((heard(&audience, "a"), audience.rooms()), (vec![], 0));
    }

    #[test]
    fn channels_follow_the_masters() {
        let mut audience = Audience::default();
        audience.join(ROOM, ShardId(3), &pair("a", "b"));
        let change = audience.repair(|_| pair("a", "c"));
        assert_eq!(
            (change.subscribe, change.leave),
            (vec![b"c".to_vec()], vec![b"b".to_vec()])
        );
        assert_eq!(
            (heard(&audience, "b"), heard(&audience, "c")),
            (vec![], vec![3])
        );
        assert_eq!(audience.repair(|_| pair("a", "c")), Change::default());
    }
}
