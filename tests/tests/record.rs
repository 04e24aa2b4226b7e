//! Recordings: made by a server under load, replayed by a program without one.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::fs;
use std::path::Path;
use std::process::Command;

use downbeat_tests::folder::Folder;
use downbeat_tests::player::Player;
use downbeat_tests::process::{Process, ServerProcess};
use downbeat_tests::seat;
use rustix::process::Signal;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_downbeat-under-test");

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Process::run(Command::new(BINARY).args(args).env_remove("PORT"));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Arena and chat rooms with players, recorded until the server got `signal`.
fn recorded(name: &str, signal: Signal, args: &[&str]) -> Folder {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), name);
    let all = ["--shards", "1", "--record", "arena", "--record-dir"];
    let args = [&all[..], &[folder.arg()], args].concat();
    let mut server = ServerProcess::start(BINARY, &args);
    let url = format!("http://{}", server.address);
    let load = ["load", "--url", &url, "--clients", "60", "--seconds", "2"];
    // 2 says that this machine is too busy to measure on, which nobody does here.
    let (code, _, said) = run(&[&load[..], &["--warmup", "0.2"]].concat());
    assert!(matches!(code, Some(0 | 2)), "{said}");
    server.process.signal(signal);
    server.process.wait();
    folder
}

fn ticks(said: &str) -> u64 {
    let (_, rest) = said.split_once(" to ").unwrap_or_else(|| panic!("{said}"));
    rest.split(':').next().unwrap().parse().unwrap()
}

/// Steps whose hash was the recorded one, and all steps.
fn checked(said: &str) -> (u64, u64) {
    let mut lines = said.lines();
    let line = lines.find_map(|line| line.split_once(" steps have the recorded hash"));
    let (numbers, _) = line.unwrap_or_else(|| panic!("{said}"));
    let (checked, steps) = numbers.split_once(" of ").unwrap();
    (checked.parse().unwrap(), steps.parse().unwrap())
}

#[test]
fn what_a_server_records_replays_to_the_same_state_in_every_tick() {
    let folder = recorded("recordings", Signal::TERM, &[]);
    let files = folder.entries();
    // Rooms of 50, and the load's 60 clients.
    assert!(files.len() >= 2, "{files:?}");
    for file in &files {
        let path = file.to_str().unwrap();
        let (code, _, said) = run(&["replay", path]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("the room ended"), "{said}");
        assert!(ticks(&said) >= 20, "{said}");
        let (checked, steps) = checked(&said);
        // An arena can be frozen after each step but the last, with which it ends.
        assert!(checked >= 20 && checked + 1 == steps, "{said}");
    }
    let path = files[0].to_str().unwrap();
    let (code, state, said) = run(&["replay", path, "--until", "15", "--print-state"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(ticks(&said) >= 15 && said.contains("as told"), "{said}");
    let state: Value = serde_json::from_str(&state).unwrap();
    assert!(state["players"]["rows"].as_array().is_some(), "{state}");
    the_same_tick_has_the_same_state(path, &state);
    a_profile_of_a_replay_names_what_ran(path, folder.path());
    damaged_files_replay_as_far_as_they_are_whole(path, folder.path());
}

fn the_same_tick_has_the_same_state(path: &str, state: &Value) {
    let (_, again, _) = run(&["replay", path, "--until", "15", "--print-state"]);
    assert_eq!(&serde_json::from_str::<Value>(&again).unwrap(), state);
    let (_, later, _) = run(&["replay", path, "--until", "25", "--print-state"]);
    assert_ne!(&serde_json::from_str::<Value>(&later).unwrap(), state);
}

fn a_profile_of_a_replay_names_what_ran(path: &str, folder: &Path) {
    let svg = folder.join("replay.svg");
    let (code, _, said) = run(&["replay", path, "--profile", svg.to_str().unwrap()]);
    if said.contains("kernel.perf_event_paranoid") {
        return assert_eq!(code, Some(1), "{said}");
    }
    assert_eq!(code, Some(0), "{said}");
    let svg = fs::read_to_string(svg).unwrap();
    assert!(svg.contains("downbeat_core"), "no function of a room");
}

fn damaged_files_replay_as_far_as_they_are_whole(path: &str, folder: &Path) {
    let bytes = fs::read(path).unwrap();
    let check = |bytes: &[u8], words: &str| {
        let damaged = folder.join("damaged");
        fs::write(&damaged, bytes).unwrap();
        let (code, _, said) = run(&["replay", damaged.to_str().unwrap()]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(words), "{words} is not in: {said}");
        said
    };
    let all = ticks(&run(&["replay", path]).2);
    let cut = check(&bytes[..bytes.len() * 3 / 4], "cut off");
    assert!((1..all).contains(&ticks(&cut)), "{cut}");
    let mut changed = bytes.clone();
    changed[bytes.len() * 3 / 4] ^= 1;
    let changed = check(&changed, "damaged: its checksum does not match");
    assert!((1..all).contains(&ticks(&changed)), "{changed}");
    check(&bytes[..20], "not whole");
    check(b"[server]\nport = 1\n", "no recording");
    let (code, _, said) = run(&["replay", "/no/such/file.beat"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("/no/such/file.beat"), "{said}");
}

#[test]
fn a_killed_server_leaves_recordings_that_replay() {
    let folder = recorded("killed", Signal::KILL, &[]);
    for file in folder.entries() {
        let (code, _, said) = run(&["replay", file.to_str().unwrap()]);
        // A room that ended before is whole.
        let ended = said.contains("the room ended");
        assert_eq!(code, Some(i32::from(!ended)), "{said}");
        assert!(
            ended || said.contains("no end mark") || said.contains("cut off"),
            "{said}"
        );
    }
}

#[test]
fn recordings_are_rotated_and_bounded() {
    let limits = "recording_bytes_max=65536,recordings_max=3";
    let folder = recorded("rotated", Signal::TERM, &["--limit", limits]);
    let files = folder.entries();
    assert!((2..=3).contains(&files.len()), "{files:?}");
    for file in &files {
        let len = fs::metadata(file).unwrap().len();
        // It ends with the entry that fills it: an input of some 50 bytes, and the end mark.
        assert!(len < 65_536 + 200, "{file:?}: {len}");
        let (code, _, said) = run(&["replay", file.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{said}");
    }
}

#[test]
fn record_is_serve_with_recordings() {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), "command");
    let args = ["chat", "--shards", "1", "--record-dir", folder.arg()];
    let mut server = ServerProcess::start_as(BINARY, "record", &args, &[]);
    let seat = seat::ask(server.address, "create", "chat", &json!({})).unwrap();
    let player = Player::take(server.address, &seat);
    drop(player);
    server.process.signal(Signal::TERM);
    server.process.wait();
    let files = folder.entries();
    let [file] = &files[..] else {
        panic!("{files:?}");
    };
    let (code, _, said) = run(&["replay", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.starts_with(&format!("chat {}", seat.room_id)),
        "{said}"
    );
    let (code, _, said) = run(&["record"]);
    assert!(code == Some(2) && said.contains("<ROOM>"), "{said}");
}

#[test]
fn what_cannot_be_recorded_is_said_at_the_start() {
    let check = |args: &[&str], words: &[&str]| {
        let (code, _, said) = run(&[&["--listen", "127.0.0.1:0"], args].concat());
        assert_eq!(code, Some(1), "{said}");
        for word in words {
            assert!(said.contains(word), "{word} is not in: {said}");
        }
    };
    check(
        &["--record", "arenas"],
        &["`arenas`", "arena, chat, lobby, queue, world"],
    );
    check(
        &["--capture-dir", "/dev/null/captures"],
        &["/dev/null/captures"],
    );
    let unwritable = ["--record", "arena", "--record-dir", "/dev/null/recordings"];
    check(&unwritable, &["/dev/null/recordings"]);
}
