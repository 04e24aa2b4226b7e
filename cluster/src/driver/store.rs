//! The registry's scripts, through the router.

use redis::Value;

use super::scripts::Scripts;
use crate::redis::Router;
use crate::shared::store::{Call, Reply, Store, StoreError};

/// Redis as the registry asks it.
pub(crate) struct RedisStore {
    router: Router,
    scripts: Scripts,
}

impl RedisStore {
    pub(crate) fn new(router: Router) -> Self {
        let scripts = Scripts::default();
        Self { router, scripts }
    }
}

impl Store for RedisStore {
    async fn call(&self, call: Call) -> Result<Reply, StoreError> {
        let script = self.scripts.get(call.script.name, call.script.body);
        let asked = self.router.script(script, &[call.key], &call.args).await;
        asked
            .map(reply)
            .map_err(|error| StoreError(format!("{}: {error}", script.name())))
    }
}

fn reply(value: Value) -> Reply {
    match value {
        Value::Int(number) => Reply::Int(number),
        Value::BulkString(bytes) => Reply::Bytes(bytes),
        Value::SimpleString(text) => Reply::Bytes(text.into_bytes()),
        Value::Okay => Reply::Bytes(b"OK".to_vec()),
        Value::Array(parts) => Reply::Array(parts.into_iter().map(reply).collect()),
        _ => Reply::Nil,
    }
}
