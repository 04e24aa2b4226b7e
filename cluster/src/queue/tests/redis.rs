//! A Redis of its own for a test, as scripts need it.

use downbeat_tests_redis::{Client, Reply, Standalone};

/// A server with a connection.
pub(super) struct Redis {
    connection: Client,
    _server: Standalone,
}

impl Redis {
    pub(super) fn start() -> Self {
        let server = Standalone::start();
        Self {
            connection: server.connect().unwrap(),
            _server: server,
        }
    }

    /// Runs a script, whose answer is a bulk string.
    pub(super) fn eval(&mut self, body: &str, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Vec<u8> {
        let count = keys.len().to_string();
        let head = [b"EVAL", body.as_bytes(), count.as_bytes()];
        let rest = keys.iter().chain(args).map(Vec::as_slice);
        let words: Vec<&[u8]> = head.into_iter().chain(rest).collect();
        match self.connection.command(&words).unwrap() {
            Reply::Text(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// Runs a command whose answer is a number.
    pub(super) fn number(&mut self, words: &[&str]) -> i64 {
        self.connection.command(words).unwrap().int()
    }
}
