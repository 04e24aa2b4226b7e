//! Nodes of a real Redis Cluster are killed, stopped and cut off, and so are the servers of Redis;
//! then a checker reads what the nodes wrote down.
//!
//! `cargo xtask chaos --minutes N --seed S` runs the first of these tests at length. `single` looks at one
//! fault at a time, `flaws` shows that a mistake in the lease would be found.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]
#![allow(
    clippy::print_stdout,
    reason = "what was suffered is part of the proof"
)]

mod flaws;
mod single;

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use downbeat_tests::chaos::checker::Verdict;
use downbeat_tests::chaos::fault::Kinds;
use downbeat_tests::chaos::harness::{Harness, draw};
use downbeat_tests::chaos::net::{Place, in_networks};
use downbeat_tests::random::Random;

const BINARY: &str = env!("CARGO_BIN_EXE_downbeat-under-test");
const FOLDER: &str = env!("CARGO_TARGET_TMPDIR");

/// How long it runs unless it is said, without start and end.
const SECONDS: u64 = 60;
const SEED: u64 = 1;

#[test]
fn whatever_happens_no_room_has_two_nodes_and_no_seat_is_lost() {
    in_networks(
        "whatever_happens_no_room_has_two_nodes_and_no_seat_is_lost",
        |place| {
            let seconds = variable("DOWNBEAT_CHAOS_SECONDS").unwrap_or(SECONDS);
            let seed = variable("DOWNBEAT_CHAOS_SEED").unwrap_or(SEED);
            let folder = folder("chaos");
            println!("seed {seed}; histories and logs: {}", folder.display());
            let (verdict, figures) = run(place, &folder, seed, Duration::from_secs(seconds));
            println!("{figures}{}", told(&verdict));
            let violations = verdict.violations.len();
            assert_eq!(violations, 0, "with seed {seed}: see above");
            assert!(
                verdict.ticks > 0 && verdict.taken > 0,
                "nothing was looked at"
            );
            // Kept only for who looks for a mistake.
            let _ = std::fs::remove_dir_all(&folder);
        },
    );
}

/// Faults until the time is over, and what came of them.
fn run(place: Place, folder: &Path, seed: u64, time: Duration) -> (Verdict, String) {
    let mut random = Random::new(seed);
    let mut harness = Harness::start(place, BINARY, folder, &[]).unwrap();
    harness.let_play(seed);
    let until = Instant::now() + time;
    while Instant::now() < until {
        let (fault, meanwhile) = draw(Kinds::All, &mut random);
        let also = meanwhile.map(|also| format!(", and {also}"));
        println!("{fault}{}", also.unwrap_or_default());
        let suffered = harness.suffer(fault, meanwhile);
        if let Err(broken) = suffered.and_then(|()| harness.settle()) {
            harness.wreck();
            panic!("seed {seed}: {broken}");
        }
    }
    let figures = figures(&harness);
    let ended = harness.end();
    let verdict = ended.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    (verdict, figures)
}

fn figures(harness: &Harness) -> String {
    use std::fmt::Write;
    use std::sync::atomic::Ordering::Relaxed;
    let mut text = String::new();
    let list = |faults: &BTreeMap<&'static str, usize>| {
        let faults = faults.iter().map(|(kind, count)| format!("{count} {kind}"));
        faults.collect::<Vec<_>>().join(", ")
    };
    let sum: usize = harness.faults.values().sum();
    let _ = writeln!(text, "{sum} faults: {}", list(&harness.faults));
    if !harness.skipped.is_empty() {
        let skipped = list(&harness.skipped);
        let _ = writeln!(text, "SKIPPED, needs the right to make networks: {skipped}");
    }
    let stage = harness.stage();
    let _ = writeln!(
        text,
        "clients: {} messages heard, {} cut off while playing, {} requests refused, {} without answer",
        stage.messages.load(Relaxed),
        stage.cut_off.load(Relaxed),
        stage.refused.load(Relaxed),
        stage.unanswered.load(Relaxed),
    );
    text
}

fn told(verdict: &Verdict) -> String {
    let Verdict {
        ticks,
        ticks_kept_back,
        rooms,
        acks,
        seats,
        taken,
        lost,
        deaths,
        freezes,
        violations,
    } = verdict;
    let listed = violations
        .iter()
        .take(40)
        .map(|violation| format!("\n  {violation}"));
    format!(
        "checked: {ticks} ticks of {rooms} rooms ({ticks_kept_back} kept back), {acks} seats \
         acknowledged, {seats} heard of by clients: {taken} taken, {lost} lost with their rooms; \
         {deaths} lives declared dead, {freezes} freezes; {} violations{}\n",
        violations.len(),
        listed.collect::<String>(),
    )
}

fn variable(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

/// Emptied before.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(FOLDER).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
