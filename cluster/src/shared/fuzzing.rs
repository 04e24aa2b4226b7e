//! Any bytes as answers of the store.

use downbeat_schemas::id::RoomId;
use serde_json::Value;

use super::store::Reply;
use super::{loads, record_text, reply};
use crate::{HoldId, RoomRecord};

/// Between the items of a reply: ASCII's unit separator.
const SEPARATOR: u8 = 0x1f;

/// Reads any bytes as the answer to every script, a text per item: whatever comes of it, it is no
/// panic; and what is read survives being written anew.
pub fn registry_replies(input: &[u8]) {
    let items: Vec<Reply> = input.split(|byte| *byte == SEPARATOR).map(item).collect();
    for item in &items {
        item_alone(item);
    }
    let asked = items.len();
    let reply = Reply::Array(items);
    let _ = reply::find(&reply);
    let _ = reply::claimed(&reply);
    let _ = reply::room_owner(RoomId(1), &reply);
    let _ = reply::page(&reply);
    let _ = reply::index_page(&reply);
    let _ = reply::names(&reply);
    let _ = reply::expired(&reply);
    if let Ok(words) = reply::words(&reply, asked) {
        assert_eq!(words.len(), asked);
    }
    for node in reply::loads(&reply).unwrap_or_default() {
        let told = format!("0|{}", loads::write(&node.shards));
        let again = loads::read(&node.owner.to_string(), &told, 0);
        assert_eq!(again.map(|node| node.shards), Some(node.shards));
    }
}

/// `:` begins a number, `~` nothing, all else is text.
fn item(bytes: &[u8]) -> Reply {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse().ok();
    match bytes {
        [b'~'] => Reply::Nil,
        [b':', digits @ ..] => Reply::Int(number(digits).unwrap_or(-1)),
        _ => Reply::Bytes(bytes.to_vec()),
    }
}

fn item_alone(item: &Reply) {
    let Reply::Bytes(bytes) = item else {
        return;
    };
    if let Ok(record) = record_text::read(bytes) {
        rewrite(record);
    }
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if let Ok(id) = text.parse::<HoldId>() {
        assert_eq!(id.to_string(), text);
    }
}

fn rewrite(mut record: RoomRecord) {
    // Fractions may lose their last bit on the way, and late times are cut.
    record.metadata = Value::Null;
    let text = record_text::write(&record, record.created_at.0 / 1_000_000);
    let again = record_text::read(&text).expect("what was read can be read");
    record.created_at = again.created_at;
    assert_eq!(again, record);
}
