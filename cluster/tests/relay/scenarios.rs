//! What one thing after the other does.

use bytes::Bytes;
use downbeat_cluster::relay::{Hub, News, Queued, Refusal, Standing, Strand, Turn};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, Epoch, NodeId, RoomId, SessionId};
use downbeat_schemas::part::Part;
use downbeat_schemas::server::RowsKind;

use super::pair::{Pair, limits, strand_id};
use super::words::{What, event, welcome};

const PATCH: What = What::Patch {
    base: 6,
    version: 7,
};
const SNAPSHOT: What = What::Snapshot { version: 7 };

#[test]
fn a_client_is_connected_speaks_and_is_closed() {
    let (mut pair, relayed, connection) = Pair::connected();
    assert_eq!(pair.strand.message(relayed, b"hi"), Queued::Yes);
    pair.exchange();
    let peer = "127.0.0.1:9".parse().unwrap();
    let connect = Turn::Connect {
        connection,
        session: SessionId(8),
        token: None,
        peer,
        standing: Standing::New,
    };
    let bytes = Bytes::from_static(b"hi");
    assert_eq!(pair.turns, [connect, Turn::Message { connection, bytes }]);
    pair.says(connection, &welcome(1, SessionId(8)));
    pair.hub.close(connection, CloseCode::RoomDisposed, "over");
    assert!(!pair.hub.close(connection, CloseCode::RoomDisposed, "over"));
    pair.exchange();
    assert_eq!(pair.heard(), [What::Welcome]);
    assert_eq!(pair.heard.closed, [(relayed, CloseCode::RoomDisposed)]);
    assert!(pair.strand.is_idle());
    assert_eq!(pair.hub.kept_bytes(), 0);
}

#[test]
fn what_everybody_hears_is_in_a_frame_once() {
    let mut pair = Pair::new();
    for _ in 0..100 {
        pair.connect();
    }
    pair.exchange();
    let message = Bytes::from(event(1, 5_000));
    for connection in 1..=100 {
        pair.hub
            .send(ConnectionId(connection), &[Part::Shared(&message)]);
    }
    let frames = pair.frames();
    assert!(frames[0].len() < message.len() + 300);
    let _: News = pair.give_frame(&frames[0]);
    assert_eq!(pair.heard(), [What::Event; 100]);
}

#[test]
fn a_lost_frame_is_asked_for_at_once_and_heard_in_order() {
    let (mut pair, _, connection) = Pair::connected();
    pair.says(connection, &welcome(1, SessionId(8)));
    drop(pair.frames());
    pair.says_rows(connection, RowsKind::Snapshot);
    let [frame] = &pair.frames()[..] else {
        panic!("one frame")
    };
    let _: News = pair.give_frame(frame);
    assert_eq!(pair.heard(), []);
    let [letter] = &pair.letters()[..] else {
        panic!("one letter")
    };
    pair.give_letter(letter).unwrap();
    for frame in pair.frames() {
        let _: News = pair.give_frame(&frame);
    }
    assert_eq!(pair.heard(), [What::Welcome, SNAPSHOT]);
}

#[test]
fn who_lacks_frames_that_are_gone_gets_what_must_not_be_lost_and_a_snapshot() {
    let (mut pair, relayed, connection) = Pair::connected();
    let other = pair.connect();
    pair.exchange();
    pair.says(connection, &welcome(1, SessionId(8)));
    pair.hub.close(ConnectionId(2), CloseCode::Kicked, "go");
    for number in 0..40 {
        pair.says(connection, &event(number, 0));
        drop(pair.frames());
    }
    pair.turns.clear();
    pair.exchange();
    assert_eq!(pair.turns, [Turn::Resync { connection }]);
    assert_eq!(pair.heard(), [What::Welcome]);
    assert_eq!(pair.heard.closed, [(other, CloseCode::Kicked)]);
    let counters = pair.hub.take_counters();
    assert_eq!((counters.restarts, counters.resyncs), (1, 1));
    assert_eq!(counters.events_lost, 40);
    assert!(counters.frames_lost >= 24);
    // A patch of what was lost does not pass.
    for kind in [RowsKind::Patch, RowsKind::Snapshot, RowsKind::Patch] {
        pair.says_rows(connection, kind);
    }
    pair.exchange();
    assert_eq!(pair.heard(), [SNAPSHOT, PATCH]);
    assert_eq!(pair.strand.clients().collect::<Vec<_>>(), [relayed]);
}

#[test]
fn a_slow_reader_gets_no_rows_before_its_next_snapshot() {
    let (mut pair, relayed, connection) = Pair::connected();
    pair.says_rows(connection, RowsKind::Snapshot);
    pair.exchange();
    pair.strand.pause(relayed);
    pair.says_rows(connection, RowsKind::Patch);
    pair.exchange();
    pair.strand.resync(relayed);
    for kind in [RowsKind::Patch, RowsKind::Snapshot, RowsKind::Patch] {
        pair.says_rows(connection, kind);
    }
    pair.turns.clear();
    pair.exchange();
    assert_eq!(pair.heard(), [SNAPSHOT, SNAPSHOT, PATCH]);
    assert_eq!(pair.turns, [Turn::Resync { connection }]);
}

#[test]
fn an_edge_stops_reading_before_anything_is_lost() {
    let (mut pair, relayed, _) = Pair::connected();
    let message = [7; 500];
    let queued: Vec<_> = (0..20)
        .map(|_| pair.strand.message(relayed, &message))
        .collect();
    let full = queued.iter().position(|queued| *queued != Queued::Yes);
    let refused = queued.iter().position(|queued| *queued == Queued::Refused);
    assert_eq!((full, refused), (Some(8), Some(17)));
    assert!(pair.strand.is_full());
    pair.turns.clear();
    pair.exchange();
    assert_eq!(pair.turns.len(), 17);
    assert!(!pair.strand.is_full());
    assert_eq!(pair.strand.take_counters().messages_refused, 3);
}

#[test]
fn a_silent_edge_is_given_up_and_told_when_it_comes_back() {
    let (mut pair, _, connection) = Pair::connected();
    pair.turns.clear();
    // Not while nobody could be heard.
    pair.wait(5_000);
    pair.hub.thaw(pair.now);
    pair.hub.expire(pair.now, &mut pair.turns);
    assert_eq!(pair.turns, []);
    pair.wait(5_000);
    assert!(pair.hub.deadline() <= pair.now);
    pair.hub.expire(pair.now, &mut pair.turns);
    let consented = false;
    let lost = Turn::Lost {
        connection,
        consented,
    };
    assert_eq!(pair.turns, [lost]);
    assert!(!pair.hub.has(connection));
    drop(pair.frames());
    let letters = pair.letters();
    let refused = pair.give_letter(&letters[0]);
    assert_eq!(refused, Err(Refusal::UnknownStrand));
    let frames = pair.frames();
    assert_eq!(pair.give_frame(&frames[0]), News::Forgotten);
    assert_eq!(pair.letters(), [] as [Bytes; 0]);
}

#[test]
fn the_clients_of_a_dead_edge_are_lost_at_once() {
    let (mut pair, _, connection) = Pair::connected();
    pair.turns.clear();
    pair.hub.lose_node(pair.now, NodeId(6), &mut pair.turns);
    assert_eq!(pair.turns, []);
    pair.hub.lose_node(pair.now, NodeId(5), &mut pair.turns);
    let consented = false;
    let lost = Turn::Lost {
        connection,
        consented,
    };
    assert_eq!(pair.turns, [lost]);
}

#[test]
fn a_room_that_ended_waits_until_its_edges_have_heard_it() {
    let (mut pair, relayed, connection) = Pair::connected();
    pair.hub.close(connection, CloseCode::RoomDisposed, "over");
    // This frame is lost.
    drop(pair.frames());
    assert!(!pair.hub.is_settled());
    pair.exchange();
    assert!(pair.hub.is_settled());
    assert_eq!(pair.heard.closed, [(relayed, CloseCode::RoomDisposed)]);
}

#[test]
fn an_edge_whose_owner_is_silent_takes_no_more_clients_than_it_can_tell() {
    let mut pair = Pair::new();
    let peer = "127.0.0.1:9".parse().unwrap();
    let mut connect = || pair.strand.connect(SessionId(8), None, peer);
    let connected = (0..10_000).map_while(|_| connect()).count();
    assert!((300..500).contains(&connected), "{connected}");
    assert_eq!(pair.strand.take_counters().connects_refused, 1);
}

#[test]
fn a_newer_strand_of_a_shard_takes_the_place_of_the_former() {
    let (mut pair, _, connection) = Pair::connected();
    pair.strand = Strand::new(strand_id(2), RoomId(1), Epoch(1), pair.now, &limits());
    pair.connect();
    pair.turns.clear();
    pair.exchange();
    let [
        Turn::Lost {
            connection: lost, ..
        },
        Turn::Connect {
            connection: new, ..
        },
    ] = pair.turns[..]
    else {
        panic!("{:?}", pair.turns)
    };
    assert_eq!((lost, new), (connection, ConnectionId(2)));
    let strands: Vec<_> = pair.hub.strands().collect();
    assert_eq!(strands, [strand_id(2)]);
}

#[test]
fn at_a_new_owner_clients_are_connected_again() {
    let (mut pair, relayed, connection) = Pair::connected();
    pair.says(connection, &welcome(1, SessionId(8)));
    pair.exchange();
    pair.connect();
    let letters = pair.letters();
    pair.hub = Hub::new(RoomId(1), Epoch(4), &limits());
    pair.hub.announce(pair.now);
    // A letter to the former owner does nothing here.
    let refused = pair.give_letter(&letters[0]);
    assert_eq!(refused, Err(Refusal::FormerOwner(Epoch(1))));
    let frames = pair.frames();
    assert_eq!(pair.give_frame(&frames[0]), News::Owner(Epoch(4)));
    pair.turns.clear();
    pair.exchange();
    let standings: Vec<_> = pair.turns.iter().map(standing).collect();
    assert_eq!(standings, [Standing::Welcomed, Standing::Unsure]);
    // Without a snapshot from the new owner it gets no patch of it.
    let connection = pair.hub.connections().next().unwrap();
    pair.says_rows(connection, RowsKind::Patch);
    pair.says_rows(connection, RowsKind::Snapshot);
    pair.heard();
    pair.exchange();
    assert_eq!(pair.heard.said, [(relayed, SNAPSHOT)]);
    assert_eq!(pair.strand.take_counters().entries_lost, 1);
}

fn standing(turn: &Turn) -> Standing {
    match turn {
        Turn::Connect { standing, .. } => *standing,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_edge_that_hears_nothing_asks_who_owns_the_room() {
    let (mut pair, _, _) = Pair::connected();
    assert!(!pair.strand.is_lost(pair.now));
    pair.wait(1_000);
    assert!(pair.strand.is_lost(pair.now));
    assert!(!pair.strand.is_lost(pair.now), "once per second");
    pair.wait(1_000);
    assert!(pair.strand.is_lost(pair.now));
    pair.exchange();
    assert!(!pair.strand.is_lost(pair.now));
}
