//! A Redis server dies, or stands still, while clients play.

use std::time::{Duration, Instant};

use downbeat_tests::cluster::TestCluster;
use downbeat_tests::player::{Heard, Player, decode_event};
use downbeat_tests::rooms::{ProbeEvent, ProbeInput};
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;
use downbeat_tests_redis::{Cluster, Reply, Server, shared};
use serde_json::json;

/// The figure to reach is 300 ms on a machine that does nothing else.
const GAP_MAX: Duration = Duration::from_millis(1_000);
/// How long is played after the master's death: a failover of Redis takes some 2.5 s.
const PLAYED: Duration = Duration::from_secs(6);
/// After `BEFORE`, no other has taken the master's place for so long: the election alone takes half a
/// second after the second in which it is missed.
const DEAD: Duration = Duration::from_millis(1_000);
/// How long is played before it.
const BEFORE: Duration = Duration::from_millis(500);

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
    let [owner, edge] = check(Server::kill);
    println!("longest gap after a death: {owner:?} at the owner, {edge:?} at an edge");
}

#[test]
fn a_pause_of_the_master_with_a_rooms_channel_stops_no_room_and_hardly_its_edges() {
    let [owner, edge] = check(Server::pause);
    println!("longest gap after a pause: {owner:?} at the owner, {edge:?} at an edge");
}

/// Plays at the owner and at two edges while the master comes to harm; returns the longest gaps.
fn check(harm: impl Fn(&Server)) -> [Duration; 2] {
    let redis = shared::alone();
    let cluster = TestCluster::start(&redis, 3);
    let pulse = json!({ "pulse": true });
    let seat = seat::ask(cluster.node(0).address(), "create", "probe", &pulse).unwrap();
    let owner = cluster.node_of(&seat.process_id);
    let mut direct = Player::take(owner.address(), &seat);
    let join = |edge: &TestServer| {
        let seat = seat::ask(edge.address(), "joinById", &seat.room_id, &json!({}));
        Player::take(edge.address(), &seat.unwrap())
    };
    let edges = cluster.others(&seat.process_id);
    let mut edges: Vec<Player> = edges.into_iter().map(join).collect();
    let master = master_of(
        &redis,
        &format!("{}:{{r0:{}}}", cluster.prefix(), seat.room_id),
    );
    let until = Instant::now() + PLAYED;
    let (told, relayed) = std::thread::scope(|scope| {
        let told = scope.spawn(|| listen(&mut direct, until));
        let relayed = edges.iter_mut();
        let relayed: Vec<_> = relayed
            .map(|edge| scope.spawn(move || listen(edge, until)))
            .collect();
        std::thread::sleep(BEFORE);
        harm(master);
        let relayed = relayed.into_iter().map(|thread| thread.join().unwrap());
        (told.join().unwrap(), relayed.collect::<Vec<_>>())
    });
    let is_each_next = told.ticks.windows(2).all(|pair| pair[1] == pair[0] + 1);
    assert!(is_each_next, "a tick is missing: {:?}", told.ticks);
    for pulses in &relayed {
        let is_rising = pulses.ticks.windows(2).all(|pair| pair[1] > pair[0]);
        assert!(is_rising, "a word came twice: {:?}", pulses.ticks);
    }
    let gaps = relayed.iter().map(|pulses| pulses.longest_gap);
    let longest_gap = gaps.max().unwrap();
    assert!(longest_gap <= GAP_MAX, "{longest_gap:?}");
    // Nobody was sent away, and what is said still comes.
    for edge in &mut edges {
        edge.apply(&ProbeInput::Add { by: 1 });
    }
    [told.longest_gap, longest_gap]
}

/// What a client says by an edge does not wait for the dead channel either.
#[test]
fn who_plays_through_an_edge_is_answered_as_often_while_a_master_is_dead() {
    let redis = shared::alone();
    let cluster = TestCluster::start(&redis, 3);
    let seat = seat::ask(cluster.node(0).address(), "create", "probe", &json!({})).unwrap();
    let owner = cluster.node_of(&seat.process_id);
    let edge = cluster.others(&seat.process_id)[0];
    let mut direct = Player::take(owner.address(), &seat);
    let seat = seat::ask(edge.address(), "joinById", &seat.room_id, &json!({})).unwrap();
    let mut relayed = Player::take(edge.address(), &seat);
    let channel = format!("{}:{{r0:{}}}", cluster.prefix(), seat.room_id);
    master_of(&redis, &channel).kill();
    std::thread::sleep(BEFORE);
    let until = Instant::now() + DEAD;
    let [direct, relayed] = std::thread::scope(|scope| {
        let players = [&mut direct, &mut relayed];
        let threads = players.map(|player| scope.spawn(|| answers(player, until)));
        threads.map(|thread| thread.join().unwrap())
    });
    println!("answers while a master is dead: {direct} at the owner, {relayed} at an edge");
    assert!(relayed * 2 > direct, "{relayed} of {direct}");
}

/// Says one thing after the other, each when the last has been answered; how many were.
fn answers(player: &mut Player, until: Instant) -> u32 {
    let mut answers = 0;
    while Instant::now() < until {
        player.apply(&ProbeInput::Add { by: 1 });
        answers += 1;
    }
    answers
}

/// The master of a key, or of a channel: of the one on which a room's owner speaks first, say.
fn master_of<'a>(redis: &'a Cluster, key: &str) -> &'a Server {
    let slot = redis.servers()[0].command(&["CLUSTER", "KEYSLOT", key]);
    let Reply::Int(slot) = slot else {
        panic!("no slot: {slot:?}");
    };
    redis.owner_of(u16::try_from(slot).unwrap())
}

#[test]
fn who_comes_back_while_the_master_of_a_rooms_record_stands_still_finds_its_seat() {
    let redis = shared::alone();
    let cluster = TestCluster::start(&redis, 3);
    let options = json!({ "hold_ms": 600_000 });
    let seat = seat::ask(cluster.node(0).address(), "create", "probe", &options).unwrap();
    let [one, other] = cluster.others(&seat.process_id)[..] else {
        panic!("two are edges");
    };
    let mut player = Player::take(one.address(), &seat);
    player.apply(&ProbeInput::Add { by: 1 });
    let key = format!("{}:{{room:{}}}", cluster.prefix(), seat.room_id);
    let master = master_of(&redis, &key);
    master.pause();
    player.socket.drop_connection();
    let token = player.welcome.reconnection_token;
    let mut back = std::thread::scope(|scope| {
        let back = scope.spawn(|| Player::reconnect(other.address(), &seat, token));
        std::thread::sleep(BEFORE);
        master.resume();
        back.join().unwrap()
    });
    back.apply(&ProbeInput::Add { by: 1 });
    let total = back.own_field("scores", "total");
    assert_eq!(total, Some(&downbeat_schemas::rows::Value::Signed(2)));
}
