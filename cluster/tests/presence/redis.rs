//! What a real Redis answers, as presence hears it.

#![allow(
    clippy::disallowed_methods,
    reason = "a process is waited for by the clock"
)]

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use downbeat_cluster::presence::Reply;
use downbeat_tests_redis as real;

pub(crate) use real::Standalone as Redis;

/// Far beyond what anything takes on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Returns once `condition` holds.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Milliseconds since some moment.
pub(crate) struct Watch(Instant);

impl Watch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn ms(&self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }
}

/// A connection.
pub(crate) struct Client(pub(crate) real::Client);

impl Client {
    pub(crate) fn of(server: &Redis) -> Self {
        Self(server.connect().unwrap())
    }

    /// A reply; or what Redis refused with, or why none came.
    pub(crate) fn command(&mut self, words: &[&[u8]]) -> Result<Reply, Refusal> {
        read(self.0.command(words))
    }

    pub(crate) fn number(&mut self, words: &[&str]) -> i64 {
        self.0.command(words).unwrap().int()
    }

    /// All keys there are.
    pub(crate) fn keys(&mut self) -> BTreeSet<Vec<u8>> {
        let Reply::List(keys) = self.command(&[b"KEYS", b"*"]).unwrap() else {
            panic!("no list");
        };
        let keys = keys.into_iter().map(|key| match key {
            Reply::Bytes(key) => key,
            other => panic!("{other:?}"),
        });
        keys.collect()
    }
}

#[derive(Debug)]
pub(crate) enum Refusal {
    Said(String),
    Broken(String),
}

/// What was said, as presence hears it.
pub(crate) fn read(said: io::Result<real::Reply>) -> Result<Reply, Refusal> {
    match said {
        Ok(real::Reply::Error(words)) => Err(Refusal::Said(words)),
        Ok(reply) => Ok(heard(reply)),
        Err(error) => Err(Refusal::Broken(error.to_string())),
    }
}

fn heard(reply: real::Reply) -> Reply {
    match reply {
        real::Reply::Nil => Reply::Nil,
        real::Reply::Int(number) => Reply::Number(number),
        real::Reply::Text(bytes) => Reply::Bytes(bytes),
        real::Reply::Array(parts) => Reply::List(parts.into_iter().map(heard).collect()),
        real::Reply::Error(words) => panic!("an error in a reply: {words}"),
    }
}
