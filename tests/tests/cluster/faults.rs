//! A Redis server dies, or stands still, while clients play.

use std::time::{Duration, Instant};

use downbeat_tests::cluster::TestCluster;
use downbeat_tests::player::{Heard, Player, decode_event};
use downbeat_tests::rooms::ProbeEvent;
use downbeat_tests::seat;
use downbeat_tests_redis::{Reply, Server, shared};
use serde_json::json;

/// The figure to reach is 300 ms on a machine that does nothing else.
const GAP_MAX: Duration = Duration::from_millis(1_000);
/// How long is played after the master's death: a failover of Redis takes some 2.5 s.
const PLAYED: Duration = Duration::from_secs(6);

/// What a player heard of a room that tells everyone of each of its ticks.
#[derive(Debug, Default)]
struct Pulses {
    ticks: Vec<u64>,
    longest_gap: Duration,
}

/// Listens until the time has come.
fn listen(player: &mut Player, until: Instant) -> Pulses {
    let mut pulses = Pulses::default();
    let mut last = Instant::now();
    while last < until {
        let Heard::Event { payload, .. } = player.hear() else {
            continue;
        };
        if let ProbeEvent::Pulse { tick } = decode_event(&payload) {
            pulses.ticks.push(tick);
            pulses.longest_gap = pulses.longest_gap.max(last.elapsed());
            last = Instant::now();
        }
    }
    pulses
}

#[test]
fn the_death_of_the_master_with_a_rooms_channel_stops_no_room_and_hardly_its_edges() {
    check(Server::kill);
}

#[test]
fn a_pause_of_the_master_with_a_rooms_channel_stops_no_room_and_hardly_its_edges() {
    check(Server::pause);
}

fn check(harm: impl Fn(&Server)) {
    let redis = shared::alone();
    let cluster = TestCluster::start(&redis, 3);
    let pulse = json!({ "pulse": true });
    let seat = seat::ask(cluster.node(0).address(), "create", "probe", &pulse).unwrap();
    let owner = cluster.node_of(&seat.process_id);
    let mut direct = Player::take(owner.address(), &seat);
    let mut edges = cluster.others(&seat.process_id).into_iter().map(|edge| {
        let seat = seat::ask(edge.address(), "joinById", &seat.room_id, &json!({}));
        Player::take(edge.address(), &seat.unwrap())
    });
    let mut edges = [edges.next().unwrap(), edges.next().unwrap()];
    let channel = format!("{}:{{r0:{}}}", cluster.prefix(), seat.room_id);
    let slot = redis.servers()[0].command(&["CLUSTER", "KEYSLOT", &channel]);
    let Reply::Int(slot) = slot else {
        panic!("no slot: {slot:?}");
    };
    let master = redis.owner_of(u16::try_from(slot).unwrap());
    let until = Instant::now() + PLAYED;
    let (told, relayed) = std::thread::scope(|scope| {
        let told = scope.spawn(|| listen(&mut direct, until));
        let relayed = edges
            .each_mut()
            .map(|edge| scope.spawn(move || listen(edge, until)));
        std::thread::sleep(Duration::from_millis(500));
        harm(master);
        (
            told.join().unwrap(),
            relayed.map(|relayed| relayed.join().unwrap()),
        )
    });
    let is_each_next = told.ticks.windows(2).all(|pair| pair[1] == pair[0] + 1);
    assert!(is_each_next, "a tick is missing: {:?}", told.ticks);
    for edge in &relayed {
        println!(
            "longest gap: {:?} at an edge, {:?} at the owner",
            edge.longest_gap, told.longest_gap
        );
        assert!(edge.longest_gap <= GAP_MAX, "{:?}", edge.longest_gap);
        let is_rising = edge.ticks.windows(2).all(|pair| pair[1] > pair[0]);
        assert!(is_rising, "a word came twice: {:?}", edge.ticks);
    }
    // Nobody was sent away, and what is said still comes.
    for edge in &mut edges {
        edge.apply(&downbeat_tests::rooms::ProbeInput::Add { by: 1 });
    }
}
