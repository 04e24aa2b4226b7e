//! How rooms and servers end, and what their clients are told.

use std::time::{Duration, Instant};

use downbeat_tests::both_ways;
use downbeat_tests::player::{Heard, Player};
use downbeat_tests::rooms::{ProbeEvent, ProbeInput};
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;
use downbeat_tests::way::Way;
use downbeat_tests::websocket::Frame;
use serde_json::json;

both_ways!(
    who_is_sent_away_is_told_why,
    a_room_that_disposes_of_itself_closes_all_its_clients,
    the_answer_to_a_close_is_read_from_whoever_talked_in_every_tick_too,
    a_panicking_hook_ends_its_room_and_no_other,
);

fn who_is_sent_away_is_told_why(way: Way) {
    let server = way.server();
    let mut host = Player::create(&server, "probe", &json!({}));
    let mut guest = host.join_room_of(&server);
    let kick = ProbeInput::Kick {
        session: guest.welcome.session,
        reason: "no shoes".to_owned(),
    };
    host.apply(&kick);
    assert_eq!(guest.read_to_close(), (4004, "no shoes".to_owned()));
    host.wait_until(|mirror| mirror.rows("scores").unwrap().len() == 1);
    let again = guest.seat.path_with(guest.welcome.reconnection_token);
    let mut socket = server.open(&again);
    assert_eq!(socket.read_to_close().0, 4524, "a seat once lost is lost");
}

fn a_room_that_disposes_of_itself_closes_all_its_clients(way: Way) {
    let server = way.server();
    let mut host = Player::create(&server, "probe", &json!({}));
    let mut guest = host.join_room_of(&server);
    host.input(&ProbeInput::Dispose);
    assert_eq!(host.read_to_close().0, 4003);
    assert_eq!(guest.read_to_close().0, 4003);
    server.wait_for_end(&host.seat.room_id);
}

fn the_answer_to_a_close_is_read_from_whoever_talked_in_every_tick_too(way: Way) {
    let close_timeout = Duration::from_secs(60);
    let server = way.server_with_limits(|limits| limits.close_timeout_ms = 60_000);
    let mut player = Player::create(&server, "probe", &json!({}));
    for _ in 0..20 {
        player.apply(&ProbeInput::Add { by: 1 });
    }
    player.input(&ProbeInput::Dispose);
    assert_eq!(player.read_to_close().0, 4003);
    let answered = Instant::now();
    player.socket.close(4003);
    assert_eq!(player.socket.next_frame(), Frame::End);
    assert!(answered.elapsed() < close_timeout, "it was not read");
}

fn a_panicking_hook_ends_its_room_and_no_other(way: Way) {
    let server = way.server();
    let pulse = json!({ "pulse": true });
    let mut bystander = Player::create(&server, "probe", &pulse);
    let mut ticks = Vec::new();
    for round in 0..5 {
        let mut host = Player::create(&server, "probe", &json!({}));
        let mut guest = host.join_room_of(&server);
        let message = format!("bug number {round}");
        host.input(&ProbeInput::Panic { message });
        assert_eq!(host.read_to_close().0, 4002);
        assert_eq!(guest.read_to_close().0, 4002);
        server.wait_for_end(&host.seat.room_id);
    }
    bystander.input(&ProbeInput::Report);
    loop {
        match bystander.wait_for_event(Some) {
            ProbeEvent::Pulse { tick } => ticks.push(tick),
            ProbeEvent::Report { .. } => break,
            ProbeEvent::Doubled { .. } => {}
        }
    }
    assert!(ticks.len() > 2, "{ticks:?}");
    let is_each_next = ticks.windows(2).all(|pair| pair[1] == pair[0] + 1);
    assert!(is_each_next, "{ticks:?}");
    server.wait_for_metrics("failed rooms are counted", |metrics| {
        metrics.sum("downbeat_panics_total", &[]) == 5.0
    });
}

#[test]
fn a_server_that_stops_waits_for_no_idle_http_connection() {
    let patience = Duration::from_secs(60);
    let server = TestServer::with_limits(|limits| limits.shutdown_ms = 60_000);
    let mut browser = server.http();
    assert_eq!(browser.get("/health").status, 200);
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < patience, "it waited for the browser");
    browser.expect_end();
}

#[test]
fn a_server_that_stops_tells_everybody() {
    let server = TestServer::with_shards(2);
    let mut players: Vec<Player> = (0..6)
        .map(|_| Player::create(&server, "probe", &json!({})))
        .collect();
    let address = server.address();
    let stopping = std::thread::spawn(move || server.stop());
    for player in &mut players {
        let heard = player.wait(|heard| match heard {
            Heard::Closed { code, .. } => Some(*code),
            _ => None,
        });
        assert_eq!(heard, 4001);
    }
    // Nobody has answered the close yet: the server is still there, and takes no one in.
    let refused = seat::ask(address, "joinOrCreate", "arena", &json!({}));
    assert_eq!(refused.unwrap_err().code, 503);
    let health = downbeat_tests::http::HttpClient::connect(address).get("/health");
    assert_eq!(health.status, 503);
    for player in &mut players {
        player.socket.close(4001);
        assert_eq!(player.socket.next_frame(), Frame::End);
    }
    stopping.join().unwrap();
    assert!(std::net::TcpStream::connect(address).is_err(), "it is gone");
}
