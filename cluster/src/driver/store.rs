//! The registry's scripts, through the router.

use std::cell::RefCell;
use std::collections::BTreeMap;

use redis::Value;

use crate::redis::{Router, Script};
use crate::shared::store::{Call, Reply, Store, StoreError};

/// Redis as the registry asks it.
pub(crate) struct RedisStore {
    router: Router,
    /// By name: Redis is sent a script's hash.
    scripts: RefCell<BTreeMap<&'static str, &'static Script>>,
}

impl RedisStore {
    pub(crate) const fn new(router: Router) -> Self {
        Self {
            router,
            scripts: RefCell::new(BTreeMap::new()),
        }
    }
}

impl Store for RedisStore {
    async fn call(&self, call: Call) -> Result<Reply, StoreError> {
        let script = call.script;
        let script = {
            let mut scripts = self.scripts.borrow_mut();
            // Some twenty of them, made once for the life of the process.
            *scripts
                .entry(script.name)
                .or_insert_with(|| Box::leak(Box::new(Script::new(script.name, script.body))))
        };
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
