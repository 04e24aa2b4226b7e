//! Messages without rows.

use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::server::ServerMessage;
use flatbuffers::FlatBufferBuilder;
use serde_json::{Value as Json, json};

use crate::{Golden, json};

/// {"move": {"dx": 1.0, "dy": -0.5}} as MessagePack, floats in 32 bits.
const MOVE: &[u8] = b"\x81\xa4move\x82\xa2dx\xca\x3f\x80\x00\x00\xa2dy\xca\xbf\x00\x00\x00";

pub(crate) fn all() -> Vec<Golden> {
    vec![
        client(
            "client-input",
            ClientMessage::Input {
                seq: 7,
                payload: MOVE,
            },
            json!({"type": "Input", "seq": 7, "payload": json::hex(MOVE),
                "input": {"move": {"dx": 1.0, "dy": -0.5}}}),
        ),
        client(
            "client-raw",
            ClientMessage::Raw {
                seq: u32::MAX,
                payload: &[0, 255],
            },
            json!({"type": "Raw", "seq": u32::MAX, "payload": "00ff"}),
        ),
        client(
            "client-ping",
            ClientMessage::Ping {
                client_time_us: 1_700_000_000_000_000,
            },
            json!({"type": "Ping", "client_time_us": 1_700_000_000_000_000u64}),
        ),
        client(
            "client-leave",
            ClientMessage::Leave,
            json!({"type": "Leave"}),
        ),
        server(
            "server-event",
            ServerMessage::Event {
                tick: 9,
                payload: MOVE,
            },
            json!({"type": "Event", "tick": 9, "payload": json::hex(MOVE),
                "event": {"move": {"dx": 1.0, "dy": -0.5}}}),
        ),
        server(
            "server-raw-event",
            ServerMessage::RawEvent {
                tick: 9,
                payload: &[],
            },
            json!({"type": "RawEvent", "tick": 9, "payload": ""}),
        ),
        server(
            "server-pong",
            ServerMessage::Pong {
                client_time_us: 5,
                server_time_us: 123_456_789,
            },
            json!({"type": "Pong", "client_time_us": 5, "server_time_us": 123_456_789}),
        ),
    ]
}

fn client(name: &'static str, message: ClientMessage<'_>, json: Json) -> Golden {
    let bytes = message.encode(&mut FlatBufferBuilder::new()).to_vec();
    assert_eq!(ClientMessage::decode(&bytes), Ok(message));
    Golden { name, bytes, json }
}

pub(crate) fn server(name: &'static str, message: ServerMessage<'_>, json: Json) -> Golden {
    let bytes = message.encode(&mut FlatBufferBuilder::new()).to_vec();
    assert_eq!(ServerMessage::decode(&bytes), Ok(message));
    Golden { name, bytes, json }
}
