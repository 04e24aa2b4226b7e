//! A real Redis of this test's own, whose answers are those of the lease's script.

use std::time::Duration;

use downbeat_cluster::lease::RawReply;
use downbeat_tests_redis::{Client, Reply, Standalone};

pub(crate) struct Redis {
    connection: Client,
    _server: Standalone,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let server = Standalone::start();
        Self {
            connection: server.connect().unwrap(),
            _server: server,
        }
    }

    /// Sends a command.
    ///
    /// # Panics
    /// If the answer is an error.
    pub(crate) fn command(&mut self, args: &[&[u8]]) -> RawReply {
        raw(self.connection.command(args).unwrap())
    }
}

fn raw(reply: Reply) -> RawReply {
    match reply {
        Reply::Nil => RawReply::Nil,
        Reply::Int(number) => RawReply::Text(number.to_string().into_bytes()),
        Reply::Text(text) => RawReply::Text(text),
        Reply::Array(replies) => RawReply::List(replies.into_iter().map(raw).collect()),
        Reply::Error(error) => panic!("Redis answered {error}"),
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test that waits for real time to pass"
)]
pub(crate) fn wait(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}
