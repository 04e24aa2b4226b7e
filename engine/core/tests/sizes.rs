//! The size promises: bytes for 50 players that all moved.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate downbeat_core as downbeat;

use downbeat::{Component, Replicate, Replicator, SessionId, Table};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::server::{RowsHead, RowsKind, Stamp};

const PLAYERS: u64 = 50;
/// A WebSocket frame's head before 126 to 65,535 bytes of a server.
const FRAME_HEAD: usize = 4;

#[derive(Component, Clone)]
struct Player {
    x: f32,
    y: f32,
    hp: u16,
}

#[derive(Component, Clone)]
struct Packed {
    #[quantize(min = 0.0, max = 1000.0, bits = 16)]
    x: f32,
    #[quantize(min = 0.0, max = 1000.0, bits = 16)]
    y: f32,
    hp: u16,
}

#[derive(Replicate)]
struct Arena<C: Component> {
    #[sync]
    players: Table<SessionId, C>,
}

/// Bytes of the rows and of the whole framed message when all players have moved.
fn moved<C: Component>(player: &C, mut step: impl FnMut(&mut C)) -> (usize, usize) {
    let players = Table::new();
    let mut arena = Arena { players };
    for session in 0..PLAYERS {
        let session = SessionId(session << 32);
        arena.players.insert(session, player.clone()).unwrap();
    }
    let mut replicator = Replicator::new(&Limits::default());
    let viewer = replicator.add_viewer();
    replicator.collect(&mut arena);
    replicator.compose(&arena, viewer).unwrap();
    for (_, mut player) in arena.players.iter_mut() {
        step(&mut player);
    }
    replicator.collect(&mut arena);
    let composed = replicator.compose(&arena, viewer).unwrap();
    assert_eq!(composed.kind, RowsKind::Patch);
    let mut head = Vec::new();
    RowsHead::new(composed.kind).write(&mut head, Stamp::default(), composed.rows_len);
    let message = FRAME_HEAD + head.len() + composed.rows_len;
    (composed.rows_len, message)
}

#[test]
fn two_moved_floats_cost_at_most_12_bytes() {
    let (x, y, hp) = (1.0, 2.0, 100);
    let (rows, message) = moved(&Player { x, y, hp }, |player| {
        player.x += 7.5;
        player.y -= 7.5;
    });
    assert!(rows <= 12 * PLAYERS as usize, "{rows}");
    // What the incumbent sends for the same.
    assert!(message < 601, "{message}");
}

#[test]
fn two_moved_quantized_floats_cost_at_most_8_bytes() {
    let (x, y, hp) = (1.0, 20.0, 100);
    let (rows, _) = moved(&Packed { x, y, hp }, |player| {
        player.x += 7.5;
        player.y -= 7.5;
    });
    assert!(rows <= 8 * PLAYERS as usize, "{rows}");
}
