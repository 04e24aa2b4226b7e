//! Topics and counters from node to node.

use std::sync::atomic::{AtomicUsize, Ordering};

use downbeat_tests::cluster::TestCluster;
use downbeat_tests::hall::{Event, Hall, Input, call, heard, listen, settle};
use downbeat_tests::patience::{eventually, outcome};
use downbeat_tests::player::Player;
use downbeat_tests::server::TestServer;
use downbeat_tests_redis::{Cluster, shared};
use serde_json::json;

/// Said to see who hears.
const TEST: &str = "test";

/// A hall on each node.
fn halls(redis: &Cluster) -> (TestCluster, Vec<Player>) {
    let cluster = TestCluster::start_with(redis, 3, |server| server.room::<Hall>("hall"));
    let hall_on = |node: &TestServer| {
        loop {
            let player = Player::create(node, "hall", &json!({}));
            if player.seat.process_id == node.id() {
                return player;
            }
            player.leave();
        }
    };
    let players = cluster.nodes().iter().map(hall_on).collect();
    (cluster, players)
}

#[test]
fn what_a_room_publishes_is_heard_by_rooms_and_programs_of_all_nodes_once() {
    let redis = shared::together();
    let (cluster, mut players) = halls(&redis);
    let presence = cluster.node(2).running().presence();
    let mut program = outcome(presence.subscribe("news")).unwrap();
    for player in &mut players {
        listen(player, "news");
    }
    wait_until_heard(&cluster, &mut players);
    for speaker in 0..3 {
        let words = format!("from {speaker}");
        call(&mut players[speaker], "news", &words);
        for player in &mut players {
            assert_eq!(next_words(player), words);
        }
    }
    presence.tell("news", b"from the program").unwrap();
    for player in &mut players {
        assert_eq!(next_words(player), "from the program");
    }
    let mut words = Vec::new();
    eventually("the program hears all", || {
        while let Some(message) = program.try_next() {
            let text = String::from_utf8(message.payload.to_vec()).unwrap();
            if text != TEST {
                words.push(text);
            }
        }
        words.len() >= 4
    });
    assert_eq!(words, ["from 0", "from 1", "from 2", "from the program"]);
}

/// Says something until all halls hear it: a subscription at another node takes a while, and nobody
/// is told when it is there.
fn wait_until_heard(cluster: &TestCluster, players: &mut [Player]) {
    let presence = cluster.node(0).running().presence();
    let waiting = AtomicUsize::new(players.len());
    std::thread::scope(|scope| {
        for player in players {
            let waiting = &waiting;
            scope.spawn(move || {
                heard(player, 1);
                waiting.fetch_sub(1, Ordering::Relaxed);
            });
        }
        eventually("all halls hear", || {
            presence.tell("news", TEST.as_bytes()).unwrap();
            waiting.load(Ordering::Relaxed) == 0
        });
    });
}

/// The next words that were not said to see who hears.
fn next_words(player: &mut Player) -> String {
    loop {
        let words = heard(player, 1).remove(0);
        if words != TEST {
            return words;
        }
    }
}

#[test]
fn rooms_of_all_nodes_count_together() {
    let redis = shared::together();
    let (cluster, mut players) = halls(&redis);
    for round in 0..4 {
        for (number, player) in (1..).zip(&mut players) {
            player.input(&Input::Count);
            let counted = player.wait_for_event(|event| match event {
                Event::Counted(number) => Some(number),
                Event::Heard(..) => None,
            });
            assert_eq!(counted, round * 3 + number);
        }
    }
    let counter = cluster.node(1).running().presence().counter("counted");
    assert_eq!(outcome(counter.value()), Ok(12));
    settle(&mut players[0]);
}
