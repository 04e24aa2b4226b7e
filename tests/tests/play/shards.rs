//! Two shards: a socket is accepted by either, and moves to its room's.

use std::collections::BTreeMap;

use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::rows::Value as RowValue;
use downbeat_tests::player::{Heard, Player, encode, encode_input};
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;
use downbeat_tests::websocket::{WebSocket, binary_frame};
use serde_json::json;

/// Enough that the kernel gives each shard some: all on one shard has a chance of 1 in 2^31.
const PLAYERS: usize = 32;

#[test]
fn rooms_are_spread_and_reached_from_any_shard_with_bytes_behind_the_request() {
    let server = TestServer::with_shards(2);
    let hosts = [0; 2].map(|_| Player::create(&server, "probe", &json!({})));
    let shards = hosts.each_ref().map(|host| {
        let listing = server.listing(&host.seat.room_id).unwrap();
        listing["shard"].as_u64().unwrap()
    });
    assert_ne!(shards[0], shards[1], "the second goes to the idle shard");
    let mut players: Vec<Player> = (0..PLAYERS)
        .map(|number| hasty_player(&server, &hosts[number % 2]))
        .collect();
    for player in &mut players {
        player.wait_for_ack(2);
        assert_eq!(
            player.own_field("scores", "total"),
            Some(&RowValue::Signed(3))
        );
        player.apply(&ProbeInput::Add { by: 4 });
    }
    server.wait_for_metrics("each player sits on its room's shard", |metrics| {
        shards.iter().all(|shard| {
            let shard = shard.to_string();
            let clients = metrics.sum("downbeat_clients", &[("shard", &shard)]);
            clients == (1 + PLAYERS / 2) as f64
        })
    });
    // The connections of HTTP and WebSockets, as the kernel spread them.
    let metrics = server.metrics();
    for shard in ["0", "1"] {
        let accepted = metrics.sum("downbeat_connections_total", &[("shard", shard)]);
        assert!(accepted > 0.0, "shard {shard} accepted none");
    }
}

#[test]
fn rooms_of_one_type_are_found_from_any_shard() {
    let server = TestServer::with_shards(2);
    let mut rooms = BTreeMap::new();
    for number in 0..100 {
        let options = json!({ "channel": format!("channel {}", number % 10) });
        let seat = seat::ask(server.address(), "joinOrCreate", "chat", &options).unwrap();
        *rooms.entry(seat.room_id).or_insert(0) += 1;
    }
    assert!(
        rooms.len() == 10 && rooms.values().all(|seats| *seats == 10),
        "{rooms:?}"
    );
}

/// Says everything at once: the request, a ping, two inputs. Then listens.
fn hasty_player(server: &TestServer, host: &Player) -> Player {
    let seat = seat::ask(server.address(), "joinById", &host.seat.room_id, &json!({}));
    let seat = seat.unwrap();
    let client_time_us = 77;
    let behind = [
        encode(&ClientMessage::Ping { client_time_us }),
        encode_input(1, &ProbeInput::Add { by: 1 }),
        encode_input(2, &ProbeInput::Add { by: 2 }),
    ];
    let behind: Vec<u8> = behind
        .iter()
        .flat_map(|message| binary_frame(message))
        .collect();
    let mut socket = WebSocket::open_with(server.address(), &seat.path(), &behind);
    // Its seat was taken when it asked, so it is answered before the room's next tick.
    let pong = socket.next_frame();
    let expected = Heard::Pong { client_time_us };
    assert_eq!(downbeat_tests::player::heard_pong(&pong), Some(expected));
    Player::begin(socket, &seat)
}
