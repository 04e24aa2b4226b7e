//! Who gets a seat by WebSocket, and who does not.

use downbeat_tests::both_ways;
use downbeat_tests::player::Player;
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::seat::{self, Seat};
use downbeat_tests::server::TestServer;
use downbeat_tests::way::Way;
use serde_json::json;

both_ways!(
    a_path_that_leads_to_no_seat_is_closed_with_its_code,
    a_seat_is_claimed_once,
    a_seat_that_nobody_claims_is_free_again,
    a_room_that_nobody_ever_entered_ends,
    whom_on_join_refuses_hears_why_and_nothing_else,
    a_room_ends_with_its_last_client_unless_it_wants_to_stay,
);

/// Opens a WebSocket that is closed at once, with this code.
fn check_refused(server: &TestServer, path: &str, code: u16) -> String {
    let (found, reason) = server.open(path).read_to_close();
    assert_eq!(found, code, "{path}: {reason}");
    assert!(!reason.is_empty(), "a refusal says why");
    reason
}

fn a_path_that_leads_to_no_seat_is_closed_with_its_code(way: Way) {
    let server = way.server();
    let Seat {
        process_id,
        room_id,
        session_id,
        ..
    } = seat::ask(server.address(), "create", "arena", &json!({})).unwrap();
    let other = "0000000000000";
    let check = |path: &str, code: u16| check_refused(&server, path, code);
    check(
        &format!("/{process_id}/{other}?sessionId={session_id}"),
        4522,
    );
    if way == Way::Direct {
        // Of many nodes, any takes a client to its seat.
        check(&format!("/{other}/{room_id}?sessionId={session_id}"), 4522);
    }
    check("/", 4522);
    check(&format!("/{process_id}"), 4522);
    check(
        &format!("/{process_id}/{room_id}/more?sessionId={session_id}"),
        4522,
    );
    check(&format!("/{process_id}/{room_id}"), 4524);
    check(&format!("/{process_id}/{room_id}?sessionId={other}"), 4524);
    check(&format!("/{process_id}/{room_id}?sessionId=x"), 4524);
    // Nothing of this has used up the seat.
    server.open(&format!("/{process_id}/{room_id}?sessionId={session_id}"));
}

fn a_seat_is_claimed_once(way: Way) {
    let server = way.server();
    let seat = seat::ask(server.address(), "create", "arena", &json!({})).unwrap();
    let mut player = Player::seat(&server, &seat);
    let reason = check_refused(&server, &seat.path(), 4524);
    assert!(reason.contains("claimed already"), "{reason}");
    player.apply(&downbeat::rooms::ArenaInput::Move { dx: 1.0, dy: 1.0 });
}

fn a_seat_that_nobody_claims_is_free_again(way: Way) {
    let server = way.server_with_limits(|limits| limits.seat_reservation_ms = 2_000);
    let host = Player::create(&server, "probe", &json!({ "clients_max": 2 }));
    let room = host.seat.room_id.clone();
    let ask = || seat::ask(server.address(), "joinById", &room, &json!({}));
    let late = ask().unwrap();
    assert_eq!(ask().unwrap_err().code, 522, "the reserved seat is taken");
    server.wait_for_listing(&room, "clients", 2);
    server.wait_for_listing(&room, "clients", 1);
    check_refused(&server, &late.path(), 4524);
    ask().unwrap();
    server.wait_for_metrics("the limit is counted", |metrics| {
        metrics.limit_hits("seat_reservation_ms") >= 1.0
    });
}

fn a_room_that_nobody_ever_entered_ends(way: Way) {
    let server = way.server_with_limits(|limits| limits.seat_reservation_ms = 100);
    let seat = seat::ask(server.address(), "create", "arena", &json!({})).unwrap();
    server.wait_for_end(&seat.room_id);
    check_refused(&server, &seat.path(), 4522);
}

fn whom_on_join_refuses_hears_why_and_nothing_else(way: Way) {
    let server = way.server();
    let host = Player::create(&server, "probe", &json!({}));
    let options = json!({ "refuse_join": "no shoes, no service" });
    let seat = seat::ask(server.address(), "joinById", &host.seat.room_id, &options).unwrap();
    let mut socket = server.open(&seat.path());
    let first = socket.next_frame();
    let refusal = downbeat_tests::websocket::Frame::Close {
        code: Some(4526),
        reason: "no shoes, no service".to_owned(),
    };
    assert_eq!(first, refusal, "not even a Welcome");
    server.wait_for_listing(&host.seat.room_id, "clients", 1);
}

fn a_room_ends_with_its_last_client_unless_it_wants_to_stay(way: Way) {
    let server = way.server();
    let mut host = Player::create(&server, "probe", &json!({}));
    let guest = host.join_room_of(&server);
    let room = host.seat.room_id.clone();
    guest.leave();
    host.apply(&ProbeInput::Add { by: 1 });
    server.wait_for_listing(&room, "clients", 1);
    host.leave();
    server.wait_for_end(&room);
    let gone = seat::ask(server.address(), "joinById", &room, &json!({}));
    assert_eq!(gone.unwrap_err().code, 522);

    let host = Player::create(&server, "probe", &json!({ "stay": true }));
    let room = host.seat.room_id.clone();
    host.leave();
    server.wait_for_listing(&room, "clients", 0);
    let seat = seat::ask(server.address(), "joinById", &room, &json!({})).unwrap();
    Player::seat(&server, &seat);
}
