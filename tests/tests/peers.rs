//! Clients that are not ours: Python's `websockets` and Node's `ws`.
//!
//! `cargo xtask test` installs them and says where they are. Without it cargo counts these tests as
//! ignored.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::env;
use std::path::Path;
use std::process::Command;

use downbeat_tests::process::Process;
use downbeat_tests::server::TestServer;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
#[cfg_attr(
    not(python_peer),
    ignore = "SKIPPED: needs Python's websockets, run `cargo xtask test`"
)]
fn python_websockets_plays_here() {
    let python = env::var_os("DOWNBEAT_TEST_PYTHON").unwrap();
    check(Command::new(python).arg(peer("peer.py")), 6);
}

#[test]
#[cfg_attr(
    not(node_peer),
    ignore = "SKIPPED: needs Node's ws, run `cargo xtask test`"
)]
fn node_ws_plays_here() {
    let modules = env::var_os("DOWNBEAT_TEST_NODE_MODULES").unwrap();
    let mut node = Command::new("node");
    node.env("NODE_PATH", modules).arg(peer("peer.js"));
    check(&mut node, 5);
}

fn peer(file: &str) -> String {
    format!("{HERE}/peers/{file}")
}

/// Runs a peer against a server of two shards: it must end well, and say so of each of its checks.
fn check(peer: &mut Command, checks: usize) {
    let server = TestServer::with_shards(2);
    peer.arg(format!("http://{}", server.address()));
    peer.arg(Path::new(HERE).join("../schemas/golden"));
    let output = Process::run(peer);
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    let passed = said.lines().filter(|line| line.ends_with(" ok")).count();
    assert_eq!(passed, checks, "{said}{complained}");
    server.wait_for_metrics("the peer left nothing behind", |metrics| {
        metrics.sum("downbeat_clients", &[]) == 0.0 && metrics.sum("downbeat_rooms", &[]) == 0.0
    });
}
