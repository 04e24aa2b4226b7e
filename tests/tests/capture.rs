//! Slow ticks, captured: the folder says why, and brings the tick back.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use downbeat::{CaptureSettings, CapturedTick, Kept};
use downbeat_tests::burner::Burner;
use downbeat_tests::folder::Folder;
use downbeat_tests::http::HttpClient;
use downbeat_tests::metrics::Metrics;
use downbeat_tests::patience::eventually;
use downbeat_tests::player::Player;
use downbeat_tests::process::{Process, ServerProcess};
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;
use rustix::process::Signal;
use serde_json::{Value, json};

const BURNER: &str = env!("CARGO_BIN_EXE_downbeat-burner");
const DOWNBEAT: &str = env!("CARGO_BIN_EXE_downbeat-under-test");
const FUNCTION: &str = "burn_sixty_milliseconds";

fn folder(name: &str) -> Folder {
    Folder::new(env!("CARGO_TARGET_TMPDIR"), name)
}

/// A burner that captures every tick above 50 ms, with somebody in its room.
fn burning(captures: &Folder, args: &[&str], options: &Value) -> (ServerProcess, Player) {
    let all = ["--shards", "1", "--slow-tick-ms", "50"];
    let more = [
        "--capture-dir",
        captures.arg(),
        "--capture-cooldown-ms",
        "0",
    ];
    let server = ServerProcess::start(BURNER, &[&all[..], &more, args].concat());
    let seat = seat::ask(server.address, "joinOrCreate", "burner", options);
    let player = Player::take(server.address, &seat.unwrap());
    (server, player)
}

fn facts(capture: &Path) -> Option<Value> {
    let text = fs::read_to_string(capture.join("tick.json")).ok()?;
    serde_json::from_str(&text).ok()
}

/// Waits for a capture of a tick that burnt: on a busy machine others are slow too.
fn burnt_tick(captures: &Folder) -> (PathBuf, Value) {
    let mut found = None;
    eventually("a burnt tick is captured", || {
        let whole = captures.entries().into_iter();
        let mut whole = whole.filter_map(|path| facts(&path).map(|facts| (path, facts)));
        found =
            whole.find(|(_, facts)| facts["tick"]["parts_ms"]["on_tick"].as_f64() >= Some(60.0));
        found.is_some()
    });
    found.unwrap()
}

fn replay(program: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Process::run(Command::new(program).arg("replay").args(args));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_slow_tick_is_captured_with_its_cause_and_comes_back_in_a_replay() {
    let captures = folder("captures");
    let (mut server, player) = burning(&captures, &["--limit", "captures_max=1000"], &json!({}));
    let (capture, facts) = burnt_tick(&captures);

    let tick = &facts["tick"];
    assert_eq!(tick["name"], "burner", "{facts}");
    assert_eq!((&tick["clients"], &tick["rows"]), (&json!(1), &json!(1)));
    assert!(tick["took_ms"].as_f64() >= tick["parts_ms"]["on_tick"].as_f64());
    assert_eq!(facts["recording"]["file"], "room.beat", "{facts}");
    the_flame_graph_names_the_function(&capture, &facts);

    let page = HttpClient::connect(server.address).get("/metrics").text();
    let metrics = Metrics::parse(&page).unwrap();
    assert!(metrics.sum("downbeat_captures_total", &[]) >= 1.0, "{page}");
    drop(player);
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait().code(), Some(0));
    let log = server.rest_of_log();
    let line = log.iter().find(|line| line.contains("slow tick")).unwrap();
    for word in [
        "room=",
        "tick=",
        "on_tick_ms=",
        "flush_ms=",
        "clients=1",
        "rows=1",
    ] {
        assert!(line.contains(word), "{word} is not in: {line}");
    }

    let path = capture.to_str().unwrap();
    let (code, state, said) = replay(BURNER, &[path, "--print-state"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("1 of 1 steps have the recorded hash"),
        "{said}"
    );
    let slowest = said.split_once(&format!("slowest tick: {} with ", tick["tick"]));
    let (_, slowest) = slowest.unwrap_or_else(|| panic!("{said}"));
    let (ms, _) = slowest.split_once(" ms").unwrap();
    assert!(ms.parse::<f64>().unwrap() >= 55.0, "{said}");
    let state: Value = serde_json::from_str(&state).unwrap();
    assert!(state["ashes"].to_string().contains("burns"), "{state}");

    // A program without the game's rooms says so.
    let (code, _, said) = replay(DOWNBEAT, &[path]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("`burner`") && said.contains("arena"),
        "{said}"
    );
}

#[test]
fn a_slow_tick_of_a_recorded_room_comes_back_too() {
    let (captures, recordings) = (folder("captures-recorded"), folder("captures-recordings"));
    let args = ["--record", "burner", "--record-dir", recordings.arg()];
    let (_server, _player) = burning(
        &captures,
        &[&args[..], &["--limit", "captures_max=1000"]].concat(),
        &json!({}),
    );
    let (capture, facts) = burnt_tick(&captures);

    let (code, _, said) = replay(BURNER, &[capture.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("1 of 1 steps have the recorded hash"),
        "{said}"
    );
    let slowest = format!("slowest tick: {} with ", facts["tick"]["tick"]);
    assert!(said.contains(&slowest), "{said}");
}

fn the_flame_graph_names_the_function(capture: &Path, facts: &Value) {
    if let Some(why) = facts["flame_graph"]["missing"].as_str() {
        // This machine allows no sampling: then the capture tells how to allow it.
        return assert!(why.contains("kernel.perf_event_paranoid"), "{why}");
    }
    let svg = fs::read_to_string(capture.join("flame.svg")).unwrap();
    assert!(
        svg.contains(FUNCTION),
        "not in the flame graph: {capture:?}"
    );
    let stacks = fs::read_to_string(capture.join("stacks.txt")).unwrap();
    let count = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap();
    let all: u64 = stacks.lines().map(count).sum();
    let burning = stacks.lines().filter(|line| line.contains(FUNCTION));
    let burning: u64 = burning.map(count).sum();
    assert!(burning * 10 >= all * 8, "{burning} of {all}:\n{stacks}");
}

#[test]
fn captures_are_bounded_in_count() {
    let captures = folder("bounded");
    fs::write(captures.path().join("not-ours.txt"), "stays").unwrap();
    let (server, _player) = burning(&captures, &["--limit", "captures_max=2"], &json!({}));
    eventually("more ticks are captured than are kept", || {
        let page = HttpClient::connect(server.address).get("/metrics").text();
        let metrics = Metrics::parse(&page).unwrap();
        metrics.sum("downbeat_captures_total", &[]) >= 5.0
    });
    eventually("the latest is written", || {
        facts(captures.entries().iter().rev().nth(1).unwrap()).is_some()
    });
    let names = captures.entries();
    // The newest may be on its way while the oldest is still there.
    assert!(names.len() <= 2 + 1, "{names:?}");
    assert!(names.iter().any(|path| path.ends_with("not-ours.txt")));
}

#[test]
fn captures_are_bounded_in_size() {
    let captures = folder("large");
    let bytes_max = 65_536;
    let limit = format!("capture_bytes_max={bytes_max}");
    let large = json!({ "ballast": bytes_max });
    let (server, _player) = burning(&captures, &["--limit", &limit], &large);
    let (capture, facts) = burnt_tick(&captures);
    let why = facts["recording"]["missing"].as_str().unwrap();
    assert!(why.contains("more than capture_bytes_max = 65536"), "{why}");
    assert!(!capture.join("room.beat").exists());
    the_flame_graph_names_the_function(&capture, &facts);
    let of_all = |sum: u64, file: fs::DirEntry| sum + file.metadata().unwrap().len();
    let files = fs::read_dir(&capture).unwrap().map(Result::unwrap);
    let bytes = files.fold(0, of_all);
    // The picture of a tick has a few hundred rectangles, however large the room is.
    assert!(bytes < 1 << 20, "{bytes}");
    eventually("the limit is counted", || {
        let page = HttpClient::connect(server.address).get("/metrics").text();
        Metrics::parse(&page)
            .unwrap()
            .limit_hits("capture_bytes_max")
            >= 1.0
    });
}

#[test]
fn a_program_lists_the_captures_of_its_server() {
    let captures = folder("listed");
    let server = TestServer::with(|server| {
        server.room::<Burner>("burner").capture(CaptureSettings {
            slow_tick: Duration::from_millis(50),
            folder: Some(captures.path().to_owned()),
            cooldown: Duration::ZERO,
        })
    });
    let _player = Player::join(&server, "burner", &json!({}));
    let mut listed = Vec::new();
    eventually("three slow ticks are captured", || {
        listed = server.running().captures();
        listed.len() >= 3
    });
    assert!(
        listed.is_sorted_by(|a, b| a.unix_ms >= b.unix_ms),
        "{listed:?}"
    );
    let burnt = |captured: &&CapturedTick| captured.tick.parts_ms.on_tick >= 60.0;
    let captured = listed.iter().find(burnt).unwrap();
    assert_eq!((&*captured.tick.name, captured.tick.shard), ("burner", 0));
    assert!(captures.path().join(&captured.name).is_dir());
    let svg = server.running().flame_graph(captured);
    match &captured.flame_graph {
        Kept::File(_) => assert!(svg.unwrap().contains(FUNCTION)),
        Kept::Missing(why) => assert!(why.contains("kernel.perf_event_paranoid"), "{why}"),
    }
    let mut elsewhere = captured.clone();
    elsewhere.name = "../listed".to_owned();
    assert_eq!(server.running().flame_graph(&elsewhere), None);
}

#[test]
fn nothing_is_captured_unless_it_is_asked_for() {
    let server = ServerProcess::start(BURNER, &["--shards", "1", "--slow-tick-ms", "50"]);
    let seat = seat::ask(server.address, "joinOrCreate", "burner", &json!({}));
    let _player = Player::take(server.address, &seat.unwrap());
    let mut page = String::new();
    eventually("slow ticks are counted", || {
        page = HttpClient::connect(server.address).get("/metrics").text();
        let metrics = Metrics::parse(&page).unwrap();
        metrics.sum("downbeat_slow_ticks_total", &[("room", "burner")]) >= 2.0
    });
    let metrics = Metrics::parse(&page).unwrap();
    assert_eq!(metrics.sum("downbeat_captures_total", &[]), 0.0);
}
