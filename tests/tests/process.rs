//! The `downbeat` binary: signals, exit codes, and mistakes of operators.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};

use downbeat_tests::http::HttpClient;
use downbeat_tests::metrics::Metrics;
use downbeat_tests::player::Player;
use downbeat_tests::process::{Process, ServerProcess};
use downbeat_tests::seat;
use downbeat_tests::websocket::Frame;
use rustix::process::Signal;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_downbeat-under-test");

/// The exit code of a process that a second signal ended, as shells count: 128 and SIGINT.
const INTERRUPTED: i32 = 130;

/// Runs the binary to its end, without variables that mean something to it.
fn run(args: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(args).env_remove("PORT");
    Process::run(&mut command)
}

/// Takes a seat in a new room of the server.
fn player(server: &ServerProcess, room: &str) -> Player {
    let seat = seat::ask(server.address, "joinOrCreate", room, &json!({}));
    Player::take(server.address, &seat.unwrap())
}

#[test]
fn a_signal_ends_the_server_in_order_while_clients_say_goodbye() {
    for signal in [Signal::TERM, Signal::INT] {
        let args = ["--shards", "1", "--limit", "close_timeout_ms=60000"];
        let mut server = ServerProcess::start(BINARY, &args);
        let mut ann = player(&server, "arena");
        let mut bob = player(&server, "chat");
        server.process.signal(signal);
        assert_eq!(ann.read_to_close().0, 4001);
        assert_eq!(bob.read_to_close().0, 4001);
        // It waits for their answers, and takes no one in.
        let health = HttpClient::connect(server.address).get("/health");
        assert_eq!(health.status, 503);
        assert_eq!(health.json()["status"], "shutting down");
        let seat = seat::ask(server.address, "joinOrCreate", "arena", &json!({}));
        assert_eq!(seat.unwrap_err().code, 503);
        for player in [&mut ann, &mut bob] {
            player.socket.close(4001);
            assert_eq!(player.socket.next_frame(), Frame::End);
        }
        assert_eq!(server.process.wait().code(), Some(0));
        let log = server.rest_of_log().join("\n");
        assert!(log.contains("shutting down"), "{log}");
        assert!(!log.contains("ERROR"), "{log}");
    }
}

#[test]
fn a_client_that_never_says_goodbye_does_not_keep_the_server() {
    let args = ["--limit", "shutdown_ms=200,close_timeout_ms=60000"];
    let mut server = ServerProcess::start(BINARY, &args);
    let mut player = player(&server, "arena");
    server.process.signal(Signal::TERM);
    assert_eq!(player.read_to_close().0, 4001);
    assert_eq!(server.process.wait().code(), Some(0));
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let args = ["--limit", "shutdown_ms=600000,close_timeout_ms=60000"];
    let mut server = ServerProcess::start(BINARY, &args);
    let mut player = player(&server, "arena");
    server.process.signal(Signal::TERM);
    assert_eq!(player.read_to_close().0, 4001);
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait().code(), Some(INTERRUPTED));
}

/// Whether the kernel lets this process have real-time threads: CAP_SYS_NICE, or a limit of
/// real-time priorities.
fn may_be_realtime() -> bool {
    const SYS_NICE: u64 = 1 << 23;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let capabilities = u64::from_str_radix(capabilities.unwrap().trim(), 16).unwrap();
    let limit = rustix::process::getrlimit(rustix::process::Resource::Rtprio);
    capabilities & SYS_NICE != 0 || limit.current.is_none_or(|priority| priority >= 10)
}

/// The scheduling policy of the server's first shard, field 41 of its `stat`.
fn policy_of_shard(server: &ServerProcess) -> u32 {
    let tasks = format!("/proc/{}/task", server.process.id());
    let tasks = std::fs::read_dir(tasks).unwrap().flatten();
    let stats = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok());
    let mut policies = stats.filter_map(|stat| {
        let (name, fields) = stat.rsplit_once(") ")?;
        name.contains("(shard-").then_some(())?;
        fields.split(' ').nth(41 - 3)?.parse().ok()
    });
    policies.next().unwrap()
}

#[test]
fn shards_are_realtime_where_they_may_and_else_it_is_said_what_to_do() {
    const FIFO: u32 = 1;
    const OTHER: u32 = 0;
    let ordinary = ServerProcess::start(BINARY, &["--shards", "1"]);
    assert_eq!(policy_of_shard(&ordinary), OTHER);
    if may_be_realtime() {
        let server = ServerProcess::start(BINARY, &["--shards", "1", "--realtime"]);
        assert_eq!(policy_of_shard(&server), FIFO);
        return;
    }
    let output = run(&["--shards", "1", "--listen", "127.0.0.1:0", "--realtime"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in ["SCHED_FIFO", "CAP_SYS_NICE", "RLIMIT_RTPRIO", "LimitRTPRIO"] {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[test]
fn what_keeps_a_server_from_starting_is_said_with_its_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let check = |args: &[&str], code: i32, words: &[&str]| {
        let output = run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{args:?}: `{word}` is not in: {said}");
        }
        assert!(!said.contains("panicked"), "{args:?}: {said}");
        assert!(
            !said.contains('\u{1b}'),
            "{args:?}: colours in a pipe: {said}"
        );
    };
    check(&["--listen", &taken], 1, &[&taken, "in use", "--listen"]);
    let nowhere = "203.0.113.1:0";
    check(&["--listen", nowhere], 1, &[nowhere, "[::]"]);
    check(&["--cpus", "0,,1"], 2, &["0,,1", "0,2-5"]);
    check(&["--cpus", "4095"], 1, &["core 4095", "--cpus"]);
    check(&["--shards", "4000"], 1, &["4000", "lower --shards"]);
    check(&["--shards", "0"], 1, &["shards = 0", "at least 1"]);
    check(
        &["--shards", "1", "--cpus", "0"],
        2,
        &["--cpus", "--shards"],
    );
    check(
        &["--limit", "frames=1"],
        1,
        &["`frames`", "downbeat limits"],
    );
    check(&["--limit", "frame_bytes_max=1"], 1, &["128 to 16777216"]);
    check(&["--limit", "frame_bytes_max"], 2, &["NAME=VALUE"]);
    check(&["--limit", "frame_bytes_max=many"], 2, &["whole number"]);
    check(&["--listen", "nowhere"], 2, &["nowhere"]);
    check(&["--config", "/no/such/file"], 1, &["/no/such/file"]);
    check(&["dance"], 2, &["dance"]);
}

#[test]
fn mistakes_in_the_file_name_their_place() {
    let check = |name: &str, text: &str, words: &[&str]| {
        let file = File::new(name, text);
        let output = run(&["--listen", "127.0.0.1:0", "--config", file.path()]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{text}: {said}");
        for word in words {
            assert!(said.contains(word), "{text}: `{word}` is not in: {said}");
        }
    };
    check("syntax", "listen = \n", &["syntax", "line 1"]);
    check("unknown", "lissen = \"[::]:1\"\n", &["lissen", "listen"]);
    check(
        "type",
        "[limits]\nrooms_max = \"two\"\n",
        &["line 2", "rooms_max"],
    );
    check(
        "range",
        "[limits]\nrooms_max = 0\n",
        &["rooms_max", "from 1"],
    );
    check(
        "limit",
        "[limits]\nroom_max = 1\n",
        &["room_max", "downbeat limits"],
    );
    check(
        "both",
        "shards = 1\ncpus = \"0\"\n",
        &["shards", "cpus", "keep one"],
    );
    check("cpus", "cpus = \"x\"\n", &["`x`", "0,2-5"]);
}

#[test]
fn an_option_beats_its_variable_beats_the_file() {
    let file = File::new(
        "settings",
        "shards = 1\npublic_address = \"from-file:1\"\n[limits]\nrooms_max = 1\n",
    );
    let address_of_seat = |args: &[&str], variables: &[(&str, &str)]| {
        let all = [&["--config", file.path()], args].concat();
        let server = ServerProcess::start_with(BINARY, &all, variables);
        let ask = || seat::ask(server.address, "create", "arena", &json!({}));
        let seat = ask().unwrap();
        assert_eq!(ask().unwrap_err().code, 503, "rooms_max is from the file");
        seat.public_address
    };
    let check = |args: &[&str], variables: &[(&str, &str)], expected: &str| {
        let address = address_of_seat(args, variables);
        assert_eq!(address.as_deref(), Some(expected));
    };
    let variable = [("DOWNBEAT_PUBLIC_ADDRESS", "from-variable:2")];
    let option = ["--public-address", "from-option:3"];
    check(&[], &[], "from-file:1");
    check(&[], &variable, "from-variable:2");
    check(&option, &variable, "from-option:3");
}

#[test]
fn the_list_of_limits_says_all_of_each() {
    let output = run(&["limits"]);
    assert!(output.status.success());
    let list = String::from_utf8(output.stdout).unwrap();
    for limit in downbeat::limits::Limits::ALL {
        let line = format!("{} = {}\n", limit.name, limit.default);
        assert!(list.contains(&line), "{line}");
    }
}

#[test]
fn the_types_of_the_rooms_are_those_that_the_demo_is_written_with() {
    let output = run(&["types"]);
    assert!(output.status.success());
    let types = String::from_utf8(output.stdout).unwrap();
    let committed = include_str!("../../clients/demo/src/rooms.ts");
    assert_eq!(
        types, committed,
        "write it anew: downbeat types > clients/demo/src/rooms.ts"
    );
    let help = String::from_utf8(run(&["types", "--help"]).stdout).unwrap();
    assert!(help.contains("downbeat types > rooms.ts"), "{help}");
}

#[test]
fn load_plays_on_the_server_and_reports_what_it_saw() {
    let server = ServerProcess::start(BINARY, &["--shards", "1"]);
    let url = format!("http://{}", server.address);
    let args = ["load", "--url", &url, "--clients", "20", "--seconds", "1"];
    let output = run(&[&args[..], &["--warmup", "0.2", "--json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    // 2 says that this machine is too busy to measure on: that is no fault of either side.
    assert!(matches!(output.status.code(), Some(0 | 2)), "{said}");
    assert_eq!(report["clients"]["wanted"], 20, "{report}");
    assert_eq!(report["clients"]["joined"], 20, "{report}");
    assert_eq!(report["clients"]["failed"], 0, "{report}");
    assert_eq!(report["errors"], json!({}), "{report}");
    assert!(report["patch_inter_arrival_ms"]["samples"].as_u64() > Some(0));
    assert!(report["inputs"]["sent"].as_u64() > Some(0), "{report}");
    let page = HttpClient::connect(server.address).get("/metrics").text();
    let metrics = Metrics::parse(&page).unwrap();
    assert_eq!(metrics.sum("downbeat_protocol_errors_total", &[]), 0.0);
}

/// A file that is gone with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("{}-{name}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = std::fs::remove_file(&self.0);
    }
}
