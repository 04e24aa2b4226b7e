//! Who owns a room, how busy shards are: the scripts outside of listings.

use downbeat_schemas::id::{RoomId, ShardId};

use super::scripts::start;
use super::{calls, owner};
use crate::shared::owner::Epoch;
use crate::shared::reply::{self, Claimed};
use crate::shared::store::{Call, Reply};

#[test]
fn a_room_has_one_owner_and_its_epochs_rise() {
    let (_server, mut asks) = start();
    let (room, shard) = (RoomId(1), ShardId(3));
    let mut claimed = |call: &Call| reply::claimed(&asks.redis.call(call).unwrap()).unwrap();
    let Claimed::Yes(created) = claimed(&calls(1).room_create(room, shard, "arena")) else {
        panic!("a new room is its creator's");
    };
    assert_eq!(created.epoch, Epoch::FIRST);
    let again = claimed(&calls(1).room_create(room, shard, "arena"));
    assert_eq!(again, Claimed::Yes(created), "the answer was lost");
    let by_first = Claimed::No {
        owner: owner(1),
        epoch: created.epoch,
    };
    assert_eq!(
        claimed(&calls(2).room_create(room, shard, "arena")),
        by_first
    );
    let take = |by, from| calls(by).room_take(room, owner(from), shard, "arena");
    assert_eq!(claimed(&take(2, 3)), by_first);
    let Claimed::Yes(taken) = claimed(&take(2, 1)) else {
        panic!("the room of a dead node is taken");
    };
    assert!(taken.epoch > created.epoch && taken.born_ms == created.born_ms);
    let by_second = Claimed::No {
        owner: owner(2),
        epoch: taken.epoch,
    };
    let keep = |by, title| calls(by).room_keep(room, title, shard, "arena");
    assert_eq!(claimed(&keep(1, created)), by_second);
    assert_eq!(claimed(&keep(2, taken)), Claimed::Yes(taken));

    let read = asks.call(&calls(1).room_read(room));
    let read = reply::room_owner(room, &read).unwrap().unwrap();
    assert_eq!(
        (read.owner, read.shard, read.title),
        (owner(2), shard, taken)
    );
    let drop_by = |by, epoch| calls(by).room_drop(room, epoch, owner(by));
    assert_eq!(asks.call(&drop_by(1, created.epoch)), Reply::Int(0));
    assert_eq!(asks.call(&drop_by(2, taken.epoch)), Reply::Int(1));
    let read = asks.call(&calls(1).room_read(room));
    assert_eq!(reply::room_owner(room, &read), Ok(None));

    // What the store has lost is written again.
    let kept = asks.call(&keep(2, taken));
    assert_eq!(reply::claimed(&kept), Ok(Claimed::Yes(taken)));
}

#[test]
fn loads_of_all_nodes_are_told() {
    let (_server, mut asks) = start();
    asks.call(&calls(1).loads("0:5:1:9".into()));
    let told = asks.call(&calls(2).loads("0:6:0:2,1:7:0:2".into()));
    let nodes = reply::loads(&told).unwrap();
    let shards = |node| {
        let mut nodes = nodes.iter();
        let node = nodes.find(|load| load.owner == owner(node)).unwrap();
        let ticks = node.shards.iter().map(|shard| shard.load.ticks_ppm);
        ticks.collect::<Vec<u32>>()
    };
    assert_eq!((shards(1), shards(2)), (vec![5], vec![6, 7]));
}
