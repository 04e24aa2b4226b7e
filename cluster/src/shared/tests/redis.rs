//! What a Redis server of a test's own answers, as the store does.

use std::collections::BTreeMap;

use downbeat_tests_redis as real;

use crate::shared::store::{Call, Reply, StoreError};

pub(crate) use real::Standalone as Server;

/// Waits for each reply.
pub(crate) struct Client {
    connection: real::Client,
    /// SHA-1 of the scripts by their names.
    loaded: BTreeMap<&'static str, Vec<u8>>,
}

impl Client {
    pub(crate) fn of(server: &Server) -> Self {
        Self {
            connection: server.connect().unwrap(),
            loaded: BTreeMap::new(),
        }
    }

    pub(crate) fn call(&mut self, call: &Call) -> Result<Reply, StoreError> {
        let sha = match self.loaded.get(call.script.name) {
            Some(sha) => sha.clone(),
            None => {
                let body = call.script.body.as_bytes();
                let Reply::Bytes(sha) = self.command(&[b"SCRIPT", b"LOAD", body])? else {
                    panic!("SCRIPT LOAD answers the hash");
                };
                self.loaded.insert(call.script.name, sha.clone());
                sha
            }
        };
        let mut parts: Vec<&[u8]> = vec![b"EVALSHA", &sha, b"1", &call.key];
        parts.extend(call.args.iter().map(Vec::as_slice));
        self.command(&parts)
    }

    pub(crate) fn command(&mut self, parts: &[&[u8]]) -> Result<Reply, StoreError> {
        match self.connection.command(parts) {
            Ok(real::Reply::Error(error)) => Err(StoreError(error)),
            Ok(answer) => Ok(reply(answer)),
            Err(error) => Err(StoreError(error.to_string())),
        }
    }

    /// All keys there are.
    pub(crate) fn keys(&mut self) -> Vec<String> {
        let Ok(Reply::Array(keys)) = self.command(&[b"KEYS", b"*"]) else {
            panic!("KEYS answers an array");
        };
        let shown = |key| match key {
            Reply::Bytes(key) => String::from_utf8_lossy(&key).into_owned(),
            other => format!("{other:?}"),
        };
        keys.into_iter().map(shown).collect()
    }
}

fn reply(answer: real::Reply) -> Reply {
    match answer {
        real::Reply::Nil => Reply::Nil,
        real::Reply::Int(number) => Reply::Int(number),
        real::Reply::Text(bytes) => Reply::Bytes(bytes),
        real::Reply::Array(parts) => Reply::Array(parts.into_iter().map(reply).collect()),
        real::Reply::Error(error) => panic!("an error in a reply: {error}"),
    }
}
