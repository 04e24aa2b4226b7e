//! Queues, through the router.

use std::rc::Rc;

use redis::Value;
use tokio::task::spawn_local;

use super::scripts::Scripts;
use crate::queue::{QueueRequests, QueueScript, ScriptStore};
use crate::redis::Router;

/// Redis as queues ask it.
pub(super) struct QueueStore {
    router: Router,
    scripts: Scripts,
}

impl QueueStore {
    pub(super) fn new(router: Router) -> Self {
        let scripts = Scripts::default();
        Self { router, scripts }
    }
}

impl ScriptStore for QueueStore {
    async fn script(
        &self,
        script: QueueScript,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
    ) -> Result<Vec<u8>, String> {
        let name = script.name();
        let script = self.scripts.get(name, script.body());
        match self.router.script(script, keys, args).await {
            Ok(Value::BulkString(bytes)) => Ok(bytes),
            Ok(other) => Err(format!("{name} answers {other:?}, expected one text")),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Serves what shards ask of queues, for as long as they may ask.
pub(super) async fn serve(mut requests: QueueRequests, router: Router, prefix: String) {
    let store = Rc::new(QueueStore::new(router));
    let prefix: Rc<str> = prefix.into();
    while let Some(request) = requests.next().await {
        let (store, prefix) = (Rc::clone(&store), Rc::clone(&prefix));
        spawn_local(async move { request.serve(&*store, &prefix).await });
    }
}
