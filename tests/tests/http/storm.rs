//! Everybody at once.

use std::collections::BTreeMap;

use downbeat_tests::http::{HttpClient, request};
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;

/// Clients of the storm, and seats of an arena.
const CLIENTS: usize = 1_000;
const SEATS: usize = 50;

#[test]
fn a_thousand_at_once_fill_room_after_room() {
    check(&TestServer::new());
}

#[test]
fn a_thousand_at_once_fill_room_after_room_on_two_shards() {
    check(&TestServer::with_shards(2));
}

fn check(server: &TestServer) {
    let ask = request("POST", "/matchmake/joinOrCreate/arena", &[], "{}");
    let mut clients: Vec<HttpClient> = (0..CLIENTS).map(|_| server.http()).collect();
    for client in &mut clients {
        client.send(ask.as_bytes());
    }
    let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
    for client in &mut clients {
        let seat = seat::answer(&client.receive()).unwrap();
        *rooms.entry(seat.room_id).or_default() += 1;
    }
    assert_eq!(rooms.len(), CLIENTS / SEATS, "{rooms:?}");
    assert!(rooms.values().all(|seats| *seats == SEATS), "{rooms:?}");
    assert_eq!(server.rooms().len(), CLIENTS / SEATS);
}
