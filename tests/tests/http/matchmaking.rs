//! From a request to a seat, or to the code that says why not.

use downbeat::{Order, RoomDefinition, SortField};
use downbeat_tests::player::Player;
use downbeat_tests::rooms::{Probe, ProbeInput};
use downbeat_tests::seat::{self, Seat};
use downbeat_tests::server::TestServer;
use serde_json::{Value, json};

/// A seat in a room of this server.
fn seat_in(server: &TestServer, method: &str, target: &str, options: &Value) -> Seat {
    let seat = seat::ask(server.address(), method, target, options).unwrap();
    assert_eq!(seat.process_id, server.id());
    assert_eq!(seat.public_address, None, "none is configured");
    for id in [&seat.session_id, &seat.room_id, &seat.process_id] {
        assert_eq!(id.len(), 13, "{id}");
    }
    seat
}

#[test]
fn each_method_gives_a_seat_of_its_kind() {
    let server = TestServer::new();
    let seat = |method: &str, target: &str| seat_in(&server, method, target, &json!({}));
    let created = seat("create", "arena");
    assert_eq!(created.name, "arena");
    let joined = seat("join", "arena");
    assert_eq!(joined.room_id, created.room_id, "join takes what there is");
    assert_ne!(joined.session_id, created.session_id, "each has a seat");
    let either = seat("joinOrCreate", "arena");
    assert_eq!(either.room_id, created.room_id, "so does joinOrCreate");
    let another = seat("create", "arena");
    assert_ne!(another.room_id, created.room_id, "create never joins");
    let by_id = seat("joinById", &another.room_id);
    assert_eq!((by_id.room_id, by_id.name), (another.room_id, another.name));
    let first = seat("joinOrCreate", "world");
    assert_eq!(first.name, "world", "joinOrCreate creates the first");
}

#[test]
fn each_refusal_has_its_code_and_words() {
    let server = TestServer::new();
    let refused = |method: &str, target: &str, options: Value| {
        seat::ask(server.address(), method, target, &options).unwrap_err()
    };
    let check = |method: &str, target: &str, options: Value, code: u16, words: &str| {
        let refusal = refused(method, target, options);
        assert_eq!(refusal.code, code, "{method} {target}: {}", refusal.error);
        assert!(refusal.error.contains(words), "{words}: {}", refusal.error);
    };
    check("joinOrCreate", "chess", json!({}), 520, "chess");
    check("create", "chess", json!({}), 520, "chess");
    check("join", "chess", json!({}), 520, "chess");
    check("steal", "arena", json!({}), 520, "joinOrCreate");
    check("join", "arena", json!({}), 521, "arena");
    check("joinById", "0000000000000", json!({}), 522, "0000000000000");
    check("joinById", "no-id-at-all", json!({}), 522, "no id");
    let no = json!({ "refuse_create": "closed on sundays" });
    check("create", "probe", no.clone(), 523, "closed on sundays");
    check("joinOrCreate", "probe", no, 523, "closed on sundays");
    let panic = json!({ "panic_create": "the roof fell in" });
    check("create", "probe", panic, 523, "the roof fell in");
    check(
        "create",
        "world",
        json!({ "side": 1.0 }),
        523,
        "100 to 4096",
    );
    check("create", "world", json!({ "side": "wide" }), 523, "f32");
    let room = seat_in(&server, "create", "probe", &json!({ "stay": true })).room_id;
    check("joinById", &room, json!({ "stay": "long" }), 526, "boolean");
    let token = json!({ "reconnectionToken": "0".repeat(26) });
    check("reconnect", &room, token.clone(), 524, "token");
    check("reconnect", "0000000000000", token, 524, "token");
    check("reconnect", &room, json!({}), 524, "token");
    assert_eq!(server.rooms().len(), 1, "what failed leaves no room behind");
}

#[test]
fn a_body_is_one_json_object_or_nothing() {
    let server = TestServer::new();
    let check = |body: &str, code: u16| {
        let path = "/matchmake/joinOrCreate/arena";
        let response = server.http().post(path, body);
        assert_eq!(response.status, code, "{body}");
        let answer = seat::answer(&response);
        assert_eq!(answer.is_ok(), code == 200, "{body}");
    };
    for good in ["", " \r\n", "{}", r#"{"a":[1,2,{"b":null}]}"#, " { } "] {
        check(good, 200);
    }
    for bad in ["{", "[]", "1", "null", "\"{}\"", "{} {}", "{a:1}", "\u{1}"] {
        check(bad, 400);
    }
    let deep = "[".repeat(50_000);
    check(&format!("{{\"a\":{deep}"), 400);
}

#[test]
fn a_room_by_id_is_refused_while_it_is_full_or_locked() {
    let server = TestServer::new();
    let mut first = Player::create(&server, "probe", &json!({ "clients_max": 2 }));
    let room = first.seat.room_id.clone();
    let by_id = || seat::ask(server.address(), "joinById", &room, &json!({}));
    let second = Player::take(server.address(), &by_id().unwrap());
    assert_eq!(by_id().unwrap_err().code, 522, "it is full");
    server.wait_for_listing(&room, "locked", true);
    second.leave();
    server.wait_for_listing(&room, "locked", false);
    first.apply(&ProbeInput::Lock { locked: true });
    server.wait_for_listing(&room, "locked", true);
    assert_eq!(by_id().unwrap_err().code, 522, "it is locked");
    let join = seat::ask(server.address(), "join", "probe", &json!({}));
    assert_eq!(join.unwrap_err().code, 521, "no other room is there");
    first.apply(&ProbeInput::Lock { locked: false });
    server.wait_for_listing(&room, "locked", false);
    by_id().unwrap();
}

#[test]
fn rooms_are_filtered_by_the_options_of_their_definition() {
    let server = TestServer::new();
    let room = |options: Value| seat_in(&server, "joinOrCreate", "chat", &options).room_id;
    let tea = room(json!({ "channel": "tea", "name": "ann" }));
    let mate = room(json!({ "channel": "mate", "name": "ann" }));
    let none = room(json!({ "name": "ann" }));
    assert!(tea != mate && mate != none && tea != none);
    assert_eq!(room(json!({ "channel": "tea", "name": "bob" })), tea);
    assert_eq!(room(json!({ "name": "bob", "channel": "mate" })), mate);
    assert_eq!(room(json!({ "name": "eve" })), none);
    let join = seat::ask(
        server.address(),
        "join",
        "chat",
        &json!({ "channel": "gin" }),
    );
    assert_eq!(join.unwrap_err().code, 521);
}

#[test]
fn rooms_that_fit_are_sorted_as_their_definition_says() {
    let by_rank = |order| {
        let field = SortField::Metadata("rank".to_owned());
        RoomDefinition::new::<Probe>("ranked").sort_by(field, order)
    };
    for (order, best) in [(Order::Ascending, 1), (Order::Descending, 3)] {
        let server = TestServer::with(|server| server.define(by_rank(order)));
        let ranked = [2, 1, 3].map(|rank| {
            let options = json!({ "rank": rank, "stay": true });
            (rank, seat_in(&server, "create", "ranked", &options).room_id)
        });
        let joined = seat_in(&server, "join", "ranked", &json!({})).room_id;
        let found = ranked.iter().find(|(_, room)| *room == joined);
        assert_eq!(found.map(|(rank, _)| *rank), Some(best), "{order:?}");
    }
}

#[test]
fn the_public_address_is_told_if_there_is_one() {
    let public = "eu1.play.example:443";
    let server = TestServer::with(|server| server.public_address(public));
    let seat = seat::ask(server.address(), "create", "arena", &json!({})).unwrap();
    assert_eq!(seat.public_address.as_deref(), Some(public));
    let listing = server.listing(&seat.room_id).unwrap();
    assert_eq!(listing["publicAddress"], public);
}

#[test]
fn a_server_with_all_its_rooms_makes_no_more() {
    let server = TestServer::with_limits(|limits| limits.rooms_max = 2);
    for _ in 0..2 {
        seat_in(&server, "create", "arena", &json!({}));
    }
    let refusal = seat::ask(server.address(), "create", "arena", &json!({})).unwrap_err();
    assert_eq!(refusal.code, 503);
    assert!(refusal.error.contains("rooms_max"), "{}", refusal.error);
    server.wait_for_metrics("the limit is counted", |metrics| {
        metrics.limit_hits("rooms_max") == 1.0
    });
}
