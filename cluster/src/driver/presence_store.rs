//! Presence, through the router and a listener of its own.

use bytes::Bytes;
use redis::Value;

use crate::presence::{Channels, Reply, Store, StoreError, WRITE_LUA};
use crate::redis::{Listener, RedisError, Router, Script};

static WRITE: Script = Script::new("presence", WRITE_LUA);

/// Redis as presence asks it.
pub(super) struct PresenceStore(pub(super) Router);

/// The channels of topics.
pub(super) struct PresenceChannels(pub(super) Listener);

impl Store for PresenceStore {
    async fn query(
        &self,
        name: &'static str,
        key: &[u8],
        more: &[Vec<u8>],
    ) -> Result<Reply, StoreError> {
        let mut command = redis::cmd(name);
        command.arg(key).arg(more);
        let asked = self.0.query(key, command).await;
        asked.map(reply).map_err(refusal)
    }

    async fn write(&self, key: &[u8], args: &[Vec<u8>]) -> Result<Reply, StoreError> {
        let asked = self.0.script(&WRITE, &[key.to_vec()], args).await;
        asked.map(reply).map_err(refusal)
    }

    async fn publish(&self, channel: &[u8], payload: &[u8]) -> Result<(), StoreError> {
        let published = self.0.publish(channel, payload).await;
        published.map(drop).map_err(refusal)
    }
}

impl Channels for PresenceChannels {
    type Bytes = Bytes;

    fn subscribe(&self, channel: &[u8]) {
        self.0.subscribe(channel);
    }

    fn unsubscribe(&self, channel: &[u8]) {
        self.0.unsubscribe(channel);
    }

    async fn next(&self) -> (Bytes, Bytes) {
        self.0.next().await
    }

    async fn heard(&self, channel: &[u8]) -> bool {
        self.0.heard(channel).await
    }
}

fn refusal(error: RedisError) -> StoreError {
    match error {
        RedisError::Refused { code, details, .. } => {
            StoreError::Refused(format!("{code} {details}"))
        }
        error => StoreError::Unreachable(error.to_string()),
    }
}

fn reply(value: Value) -> Reply {
    match value {
        Value::Int(number) => Reply::Number(number),
        Value::Boolean(flag) => Reply::Number(i64::from(flag)),
        Value::BulkString(bytes) => Reply::Bytes(bytes),
        Value::SimpleString(text) => Reply::Bytes(text.into_bytes()),
        Value::Okay => Reply::Bytes(b"OK".to_vec()),
        Value::Array(parts) | Value::Set(parts) => {
            Reply::List(parts.into_iter().map(reply).collect())
        }
        Value::Map(pairs) => {
            let parts = pairs.into_iter().flat_map(|(key, value)| [key, value]);
            Reply::List(parts.map(reply).collect())
        }
        _ => Reply::Nil,
    }
}
