//! Lost connections, and the ways back.

use downbeat_schemas::rows::Value as RowValue;
use downbeat_tests::both_ways;
use downbeat_tests::player::{Heard, Player};
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::seat;
use downbeat_tests::way::Way;
use serde_json::json;

both_ways!(
    a_token_opens_its_seat_once_and_each_welcome_brings_another,
    matchmaking_knows_which_tokens_open_a_seat,
    a_newer_connection_replaces_the_older,
    a_wrong_token_does_no_harm_to_whom_it_is_not,
    a_held_seat_is_given_up_in_time_and_others_are_told,
    how_a_client_goes_is_known,
    a_client_that_closes_gets_its_own_code_back,
);

/// Long enough for any machine; a test does not wait for its end.
const HELD: u64 = 600_000;

fn a_token_opens_its_seat_once_and_each_welcome_brings_another(way: Way) {
    let server = way.server();
    let mut player = Player::create(&server, "probe", &json!({ "hold_ms": HELD }));
    player.apply(&ProbeInput::Add { by: 5 });
    let mut tokens = vec![player.welcome.reconnection_token];
    for returns in 1..=3 {
        player.socket.drop_connection();
        let back = player.come_back(&server);
        assert_eq!(back.welcome.session, player.welcome.session);
        assert_eq!(
            back.own_field("scores", "total"),
            Some(&RowValue::Signed(5))
        );
        assert!(back.stamp.acked_input == 1, "inputs are counted on");
        let diary = &back.mirror.single("diary").unwrap().fields;
        assert_eq!(diary[2], RowValue::Unsigned(returns));
        assert_eq!(diary[0], RowValue::Unsigned(0), "nobody left");
        let token = back.welcome.reconnection_token;
        assert!(!tokens.contains(&token), "a token is fresh");
        for used in &tokens {
            let path = player.seat.path_with(*used);
            let (code, _) = server.open(&path).read_to_close();
            assert_eq!(code, 4524, "a used token opens nothing");
        }
        tokens.push(token);
        player = back;
    }
}

fn matchmaking_knows_which_tokens_open_a_seat(way: Way) {
    let server = way.server();
    let player = Player::create(&server, "probe", &json!({ "hold_ms": HELD }));
    let ask = |player: &Player| {
        let token = player.welcome.reconnection_token.to_string();
        let body = json!({ "reconnectionToken": token });
        seat::ask(server.address(), "reconnect", &player.seat.room_id, &body)
    };
    assert_eq!(ask(&player), Ok(player.seat.clone()));
    let back = player.come_back(&server);
    assert_eq!(ask(&player).unwrap_err().code, 524, "it is used");
    assert_eq!(ask(&back), Ok(player.seat.clone()));
}

fn a_newer_connection_replaces_the_older(way: Way) {
    let server = way.server();
    let mut player = Player::create(&server, "probe", &json!({}));
    let mut newer = player.come_back(&server);
    assert_eq!(player.read_to_close().0, 4005);
    newer.apply(&ProbeInput::Add { by: 1 });
    let diary = &newer.mirror.single("diary").unwrap().fields;
    assert_eq!(diary[0], RowValue::Unsigned(0), "nobody left");
}

fn a_wrong_token_does_no_harm_to_whom_it_is_not(way: Way) {
    let server = way.server();
    let mut ann = Player::create(&server, "probe", &json!({}));
    let mut bob = ann.join_room_of(&server);
    let path = ann.seat.path_with(bob.welcome.reconnection_token);
    let (code, reason) = server.open(&path).read_to_close();
    assert_eq!(code, 4524, "{reason}");
    for player in [&mut ann, &mut bob] {
        player.apply(&ProbeInput::Add { by: 1 });
    }
}

fn a_held_seat_is_given_up_in_time_and_others_are_told(way: Way) {
    let server = way.server();
    let mut witness = Player::create(&server, "probe", &json!({ "hold_ms": 200 }));
    let lost = witness.join_room_of(&server);
    let (seat, token) = (lost.seat.clone(), lost.welcome.reconnection_token);
    drop(lost);
    witness.wait_until(|mirror| {
        let diary = &mirror.single("diary").unwrap().fields;
        diary[0] == RowValue::Unsigned(1)
    });
    let diary = &witness.mirror.single("diary").unwrap().fields;
    assert_eq!(diary[1], RowValue::String("Dropped".to_owned()));
    let (code, _) = server.open(&seat.path_with(token)).read_to_close();
    assert_eq!(code, 4524);
}

fn how_a_client_goes_is_known(way: Way) {
    let server = way.server();
    let mut witness = Player::create(&server, "probe", &json!({}));
    let mut left = 0;
    let mut check = |go: fn(&mut Player), why: &str| {
        let mut player = witness.join_room_of(&server);
        go(&mut player);
        left += 1;
        witness.wait_until(|mirror| {
            let diary = &mirror.single("diary").unwrap().fields;
            diary[0] == RowValue::Unsigned(left)
        });
        let diary = &witness.mirror.single("diary").unwrap().fields;
        assert_eq!(diary[1], RowValue::String(why.to_owned()));
    };
    let leave = |player: &mut Player| {
        player.say(&downbeat_schemas::client::ClientMessage::Leave);
        assert_eq!(player.read_to_close().0, 4000);
    };
    check(leave, "Consented");
    check(|player| player.socket.close(1000), "Consented");
    check(|player| player.socket.close(4000), "Consented");
    check(|player| player.socket.close(1001), "Dropped");
    check(|player| player.socket.close(3999), "Dropped");
    check(|player| player.socket.drop_connection(), "Dropped");
}

fn a_client_that_closes_gets_its_own_code_back(way: Way) {
    let server = way.server();
    for code in [1000, 1001, 3000, 4000, 4999] {
        let mut player = Player::create(&server, "probe", &json!({}));
        player.socket.close(code);
        let echoed = player.wait(|heard| match heard {
            Heard::Closed { code, .. } => Some(*code),
            _ => None,
        });
        assert_eq!(echoed, code);
    }
}
