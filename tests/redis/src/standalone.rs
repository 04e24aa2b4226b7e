//! One server, alone.

use std::ops::Deref;

use crate::options::Options;
use crate::server::Server;

/// A server that is in no cluster.
#[derive(Debug)]
pub struct Standalone(Server);

impl Standalone {
    /// Starts one, and returns once it answers.
    ///
    /// # Panics
    /// If it does not, or there is no Redis.
    pub fn start() -> Self {
        Self::start_with(&Options::new())
    }

    /// Starts one with options.
    ///
    /// # Panics
    /// If it does not answer, or there is no Redis.
    pub fn start_with(options: &Options) -> Self {
        Self(Server::start(options, |_| String::new()))
    }
}

impl Deref for Standalone {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}
