//! What Redis answers, as the lease reads it.

use redis::Value;

use crate::lease::RawReply;

pub(crate) fn of(value: Value) -> RawReply {
    match value {
        Value::Int(number) => RawReply::Text(number.to_string().into_bytes()),
        Value::BulkString(bytes) => RawReply::Text(bytes),
        Value::SimpleString(text) => RawReply::Text(text.into_bytes()),
        Value::Array(parts) => RawReply::List(parts.into_iter().map(of).collect()),
        _ => RawReply::Nil,
    }
}
