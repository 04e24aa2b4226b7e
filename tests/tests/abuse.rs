//! A hundred thousand malformed inputs, while somebody plays.
//!
//! One test alone in its process: it counts the descriptors and the memory of all of it.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]
#![allow(
    clippy::print_stdout,
    reason = "shown if it fails: how many attacks of each kind there were"
)]

use std::fs;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use downbeat::CpuChoice;
use downbeat::limits::Limits;
use downbeat_tests::hostile::{Attacker, Census};
use downbeat_tests::metrics::Metrics;
use downbeat_tests::patience::{eventually, patient_limits};
use downbeat_tests::player::Player;
use downbeat_tests::rooms::{ProbeEvent, ProbeInput};
use downbeat_tests::server::TestServer;
use serde_json::json;

const ATTACKS: usize = 100_000;
/// Before the memory is measured, so that what is kept for reuse is there.
const WARM_UP: usize = 5_000;
const ATTACKERS: usize = 4;
/// What the memory may grow by while 95,000 connections come and go: 500 bytes that leaked with
/// each would show.
const GROWTH_MAX_KIB: usize = 48 << 10;

static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_hundred_thousand_malformed_inputs_do_no_harm() {
    let former = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        former(info);
    }));
    let server = server();
    let player = Player::create(&server, "probe", &json!({ "pulse": true }));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let playing = scope.spawn(|| play(player, &is_over));
        let (metrics, descriptors) = (calm(&server), descriptors());
        let warm = assault(&server, WARM_UP, 1);
        let memory_kib = memory_kib();
        let census = assault(&server, ATTACKS - WARM_UP, 2);
        println!("{warm:?}\n{census:?}");
        let attacks: usize = warm.values().chain(census.values()).sum();
        assert_eq!(attacks, ATTACKS);
        assert_harmless(&server, &metrics, descriptors, memory_kib);
        is_over.store(true, Ordering::Relaxed);
        let ticks = playing.join().unwrap();
        println!("{ticks} ticks meanwhile");
    });
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
}

/// Patient with who plays; the seats that nobody came to take expire.
fn server() -> TestServer {
    let limits = Limits {
        seat_reservation_ms: Limits::default().seat_reservation_ms,
        ..patient_limits()
    };
    TestServer::with(|server| server.limits(limits).cpus(CpuChoice::First(2)))
}

/// Plays until it is over: hears each tick, answers each with an input, and misses none.
fn play(mut player: Player, is_over: &AtomicBool) -> u64 {
    let (mut first, mut last) = (None, 0);
    let mut inputs = 0;
    while !is_over.load(Ordering::Relaxed) {
        let tick = player.wait_for_event(|event| match event {
            ProbeEvent::Pulse { tick } => Some(tick),
            _ => None,
        });
        assert!(
            first.is_none() || tick == last + 1,
            "tick {tick} after {last}"
        );
        first = first.or(Some(tick));
        last = tick;
        inputs = player.input(&ProbeInput::Add { by: 1 });
    }
    player.wait_for_ack(inputs);
    let total = downbeat_schemas::rows::Value::Signed(inputs.into());
    assert_eq!(player.own_field("scores", "total"), Some(&total));
    assert_eq!(player.snapshots, 1, "it was never cut off");
    last - first.unwrap_or(last) + 1
}

/// Carries out attacks from all attackers.
fn assault(server: &TestServer, attacks: usize, seed: u64) -> Census {
    let address = server.address();
    thread::scope(|scope| {
        let attackers: Vec<_> = (0..ATTACKERS as u64)
            .map(|number| {
                let mut attacker = Attacker::new(address, seed * 1_000 + number);
                scope.spawn(move || attacker.attack(attacks / ATTACKERS))
            })
            .collect();
        let mut all = Census::new();
        for attacker in attackers {
            for (kind, count) in attacker.join().unwrap() {
                *all.entry(kind).or_default() += count;
            }
        }
        all
    })
}

fn assert_harmless(server: &TestServer, before: &Metrics, descriptors: usize, memory_kib: usize) {
    let grown_kib = self::memory_kib().saturating_sub(memory_kib);
    let after = calm(server);
    eventually("all descriptors are closed", || {
        self::descriptors() <= descriptors
    });
    assert!(grown_kib < GROWTH_MAX_KIB, "{grown_kib} KiB more");
    let counted = |name: &str| after.sum(name, &[]) - before.sum(name, &[]);
    assert_eq!(counted("downbeat_panics_total"), 0.0);
    let connections = counted("downbeat_connections_total");
    assert!(connections >= ATTACKS as f64, "{connections} connections");
    assert!(counted("downbeat_protocol_errors_total") > ATTACKS as f64 / 10.0);
    for limit in ["message_rate_max", "frame_bytes_max", "header_bytes_max"] {
        assert!(after.limit_hits(limit) > 0.0, "{limit} was never hit");
    }
}

/// The metrics once nobody is there but the one who plays, and whoever asks for the metrics.
fn calm(server: &TestServer) -> Metrics {
    let mut calm = None;
    eventually("everybody but the player is gone", || {
        let metrics = server.metrics();
        let now = |name: &str| metrics.sum(name, &[]);
        let is_calm = now("downbeat_clients") == 1.0
            && now("downbeat_rooms") == 1.0
            && now("downbeat_connections") <= 2.0
            // That of whoever asks for the metrics.
            && now("downbeat_jobs") <= 1.0;
        calm = is_calm.then_some(metrics);
        is_calm
    });
    calm.unwrap()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Resident memory of this process.
fn memory_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.unwrap().parse().unwrap()
}
