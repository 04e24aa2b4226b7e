//! The log: one line for each event that an operator acts on, and none for each message.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::io;
use std::process::Command;
use std::sync::{Arc, Mutex};

use downbeat_tests::http::HttpClient;
use downbeat_tests::metrics::Metrics;
use downbeat_tests::patience::eventually;
use downbeat_tests::player::Player;
use downbeat_tests::process::{Process, ServerProcess};
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;
use rustix::process::Signal;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_downbeat-under-test");

/// The lines that a server logs after that which says that it serves, until it has ended. It lets
/// clients play, and has room for one room only.
fn log_of_a_day(variables: &[(&str, &str)]) -> Vec<String> {
    let args = ["--shards", "1", "--limit", "rooms_max=1"];
    let mut server = ServerProcess::start_with(BINARY, &args, variables);
    let url = format!("http://{}", server.address);
    let mut load = Command::new(BINARY);
    load.args(["load", "--url", &url, "--clients", "20", "--seconds", "1"]);
    assert!(!Process::run(&mut load).stdout.is_empty(), "it reports");
    let ask = || seat::ask(server.address, "create", "chat", &json!({}));
    // The arena may be there still, or not any more.
    let refusals = [ask(), ask()].map(|seat| seat.err().map(|refusal| refusal.code));
    assert!(refusals.contains(&Some(503)), "{refusals:?}");
    eventually("the limit is told", || {
        let page = HttpClient::connect(server.address).get("/metrics").text();
        Metrics::parse(&page).unwrap().limit_hits("rooms_max") > 0.0
    });
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait().code(), Some(0));
    server.rest_of_log()
}

#[test]
fn json_has_one_object_per_event() {
    let lines = log_of_a_day(&[("LOG_FORMAT", "json")]);
    let parsed: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &parsed {
        assert!(
            line["timestamp"].is_string() && line["level"].is_string(),
            "{line}"
        );
    }
    let messages: Vec<&str> = parsed
        .iter()
        .map(|line| line["message"].as_str().unwrap())
        // A machine that stands still for a while is an event too.
        .filter(|message| !message.starts_with("ticks skipped") && !message.starts_with("shard "))
        .collect();
    assert_eq!(
        messages,
        ["limit hit", "shutting down", "stopped"],
        "{lines:?}"
    );
    let hit = parsed
        .iter()
        .find(|line| line["message"] == "limit hit")
        .unwrap();
    assert_eq!(
        (&hit["level"], &hit["limit"], &hit["value"]),
        (&json!("WARN"), &json!("rooms_max"), &json!(1))
    );
    assert!(hit["times"].as_u64() >= Some(1), "{hit}");
}

#[test]
fn people_read_the_same_without_braces() {
    let lines = log_of_a_day(&[]);
    let has = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert_eq!(has("limit hit limit=\"rooms_max\" value=1"), 1, "{lines:?}");
    assert_eq!((has("shutting down"), has("stopped")), (1, 1), "{lines:?}");
    assert_eq!(has("{"), 0, "{lines:?}");
}

/// What this process logs.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Events with this message.
    fn events(&self, message: &str) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let lines = std::str::from_utf8(&bytes).unwrap().lines();
        let events = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        events
            .filter(|event| event["message"].as_str().unwrap().starts_with(message))
            .collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_a_room_does_to_its_shard_is_said() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(move || writer.clone())
        .init();
    let server = TestServer::with_limits(|limits| limits.catch_up_steps_max = 5);
    let mut player = Player::create(&server, "probe", &json!({}));
    player.apply(&ProbeInput::Stall { ms: 7_000 });
    let said = |message: &str| eventually(message, || !log.events(message).is_empty());
    said("shard is held up");
    said("shard goes on");
    said("ticks skipped");
    let skipped = log.events("ticks skipped");
    assert_eq!(
        (&skipped[0]["room"], &skipped[0]["shard"]),
        (&json!("probe"), &json!(0))
    );
    let message = "as it was told".to_owned();
    player.input(&ProbeInput::Panic { message });
    said("room closed: a hook panicked: as it was told");
    assert_eq!(log.events("room closed").len(), 1);
}
