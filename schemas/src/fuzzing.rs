//! What the fuzz targets and the tests feed bytes through: one driver, so that a fuzzer's find is
//! replayed by the ordinary tests as it was found. No part of the public API.

use flatbuffers::FlatBufferBuilder;

use crate::client::ClientMessage;
use crate::mirror::Mirror;
use crate::reflect::StateSchema;
use crate::server::{RowsKind, ServerMessage};

/// A Welcome whose schema has every type of field.
const WELCOME: &[u8] = include_bytes!("../golden/server-welcome.bin");
/// Rows of that schema, for others to change.
const SNAPSHOT: &[u8] = include_bytes!("../golden/rows-0-snapshot.bin");

/// Reads any bytes as a message of a client: what is accepted survives being written anew.
pub fn client_message(input: &[u8]) {
    let Ok(message) = ClientMessage::decode(input) else {
        return;
    };
    let mut fbb = FlatBufferBuilder::new();
    let bytes = message.encode(&mut fbb);
    assert_eq!(ClientMessage::decode(bytes), Ok(message));
}

/// Reads any bytes as a message of a server, and as the rows of one: what a snapshot says does not
/// depend on what was known before, and no row lacks a field.
pub fn rows(input: &[u8]) {
    // Whatever comes of it.
    let _ = ServerMessage::decode(input);
    let schema = schema();
    let (mut fresh, mut knowing) = (Mirror::new(schema.clone()), knowing(&schema));
    let by_patch = knowing.apply(RowsKind::Patch, input);
    if by_patch.is_ok() {
        check(&knowing);
    }
    let from_nothing = fresh.apply(RowsKind::Snapshot, input);
    let from_something = knowing.apply(RowsKind::Snapshot, input);
    assert_eq!(from_nothing.is_ok(), from_something.is_ok());
    if from_nothing.is_ok() {
        check(&fresh);
        // As text, for a number that is none does not equal itself.
        assert_eq!(format!("{fresh:?}"), format!("{knowing:?}"));
    }
}

fn schema() -> StateSchema {
    match ServerMessage::decode(WELCOME) {
        Ok(ServerMessage::Welcome(welcome)) => welcome.schema,
        other => panic!("the golden Welcome is none: {other:?}"),
    }
}

/// A mirror of rooms with rows.
fn knowing(schema: &StateSchema) -> Mirror {
    let Ok(ServerMessage::Snapshot { rows, .. }) = ServerMessage::decode(SNAPSHOT) else {
        panic!("the golden snapshot is none");
    };
    let mut mirror = Mirror::new(schema.clone());
    let applied = mirror.apply(RowsKind::Snapshot, rows);
    applied.expect("the golden snapshot is of the golden schema");
    mirror
}

fn check(mirror: &Mirror) {
    for table in &mirror.schema().tables {
        for row in mirror.rows(&table.name).into_iter().flatten() {
            assert_eq!(row.1.fields.len(), table.fields.len());
            assert_eq!(row.1.key.is_some(), table.key.is_some());
        }
    }
}
