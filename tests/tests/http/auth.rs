//! Who asks: the game's own authentication.

use std::future::pending;

use downbeat::limits::Limits;
use downbeat::{AuthRequest, Reject};
use downbeat_schemas::rows::Value as RowValue;
use downbeat_tests::http::Response;
use downbeat_tests::patience::patient_limits;
use downbeat_tests::player::Player;
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;
use downbeat_tests::websocket::WebSocket;
use serde_json::json;

/// Lets everybody in who says who they are, but for Eve; takes forever for Ernie.
async fn on_auth(request: AuthRequest) -> Result<String, Reject> {
    match request.token.as_deref() {
        None => Err(Reject::new("a token is needed")),
        Some("eve") => Err(Reject::new("not you, eve")),
        Some("ernie") => pending().await,
        Some(token) => Ok(format!("{token} in {}", request.room_name)),
    }
}

fn guarded_server() -> TestServer {
    TestServer::with(|server| {
        let limits = Limits {
            auth_timeout_ms: 50,
            ..patient_limits()
        };
        server.limits(limits).on_auth(on_auth)
    })
}

/// Asks for a seat with these headers and this query.
fn ask(server: &TestServer, headers: &[(&str, &str)], query: &str) -> Response {
    let path = format!("/matchmake/joinOrCreate/probe{query}");
    server.http().request("POST", &path, headers, "{}")
}

#[test]
fn a_token_reaches_the_game_by_header_or_query() {
    let server = guarded_server();
    let check = |headers: &[(&str, &str)], query: &str, claim: &str| {
        let seat = seat::answer(&ask(&server, headers, query)).unwrap();
        let player = Player::take(server.address(), &seat);
        let expected = RowValue::String(format!("{claim} in probe"));
        assert_eq!(player.own_field("scores", "claim"), Some(&expected));
    };
    check(&[("Authorization", "Bearer ann")], "", "ann");
    check(&[("authorization", "bearer  ann ")], "", "ann");
    check(&[], "?_authToken=ann", "ann");
    check(&[], "?x=1&_authToken=a%20n+n", "a n n");
    check(&[("Authorization", "Bearer ann")], "?_authToken=bob", "ann");
    check(&[("Authorization", "Basic eve")], "?_authToken=bob", "bob");
}

#[test]
fn whom_the_game_refuses_gets_its_words() {
    let server = guarded_server();
    let check = |headers: &[(&str, &str)], query: &str, words: &str| {
        let refusal = seat::answer(&ask(&server, headers, query)).unwrap_err();
        assert_eq!(refusal.code, 525);
        assert!(refusal.error.contains(words), "{}", refusal.error);
    };
    check(&[], "", "a token is needed");
    check(&[("Authorization", "Bearer eve")], "", "not you, eve");
    check(&[("Authorization", "Basic ann")], "", "a token is needed");
    check(&[], "?_authToken=ernie", "auth_timeout_ms");
    assert!(server.rooms().is_empty(), "nobody was let in");
}

#[test]
fn a_room_by_id_is_guarded_too_and_says_its_name() {
    let server = guarded_server();
    let room = seat::answer(&ask(&server, &[], "?_authToken=ann")).unwrap();
    let path = format!("/matchmake/joinById/{}", room.room_id);
    let refusal = seat::answer(&server.http().post(&path, "{}")).unwrap_err();
    assert_eq!(refusal.code, 525);
    let path = format!("{path}?_authToken=bob");
    let seat = seat::answer(&server.http().post(&path, "{}")).unwrap();
    let player = Player::take(server.address(), &seat);
    let claim = RowValue::String("bob in probe".to_owned());
    assert_eq!(player.own_field("scores", "claim"), Some(&claim));
    let unknown = "/matchmake/joinById/0000000000000?_authToken=bob";
    let refusal = seat::answer(&server.http().post(unknown, "{}")).unwrap_err();
    assert_eq!(refusal.code, 522);
}

#[test]
fn a_token_on_the_websocket_is_checked_as_well() {
    let server = guarded_server();
    let seat = seat::answer(&ask(&server, &[], "?_authToken=ann")).unwrap();
    let path = format!("{}&_authToken=eve", seat.path());
    let (code, reason) = WebSocket::open(server.address(), &path).read_to_close();
    assert_eq!(code, 4525);
    assert!(reason.contains("not you, eve"), "{reason}");
    // The seat is still there for whom it was reserved.
    Player::take(server.address(), &seat);
}

#[test]
fn a_seat_that_was_let_in_once_comes_back_by_its_token_alone() {
    let server = guarded_server();
    let path = "/matchmake/joinOrCreate/probe?_authToken=ann";
    let options = json!({ "hold_ms": 60_000 }).to_string();
    let seat = seat::answer(&server.http().post(path, &options)).unwrap();
    let player = Player::take(server.address(), &seat);
    let token = player.welcome.reconnection_token.to_string();
    let body = json!({ "reconnectionToken": token });
    let again = seat::ask(server.address(), "reconnect", &seat.room_id, &body).unwrap();
    assert_eq!(again, seat);
    player.come_back(&server);
}
