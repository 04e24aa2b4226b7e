//! Lua that runs inside Redis.

use std::sync::OnceLock;

use redis::Cmd;

/// A script. Made once, as a `static`; Redis is sent its hash, and its body only where it does not
/// know the hash yet.
#[derive(Debug)]
pub(crate) struct Script {
    name: &'static str,
    body: &'static str,
    sha: OnceLock<String>,
}

impl Script {
    /// `name` is for logs and errors.
    pub(crate) const fn new(name: &'static str, body: &'static str) -> Self {
        let sha = OnceLock::new();
        Self { name, body, sha }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The command that runs it by its hash.
    pub(crate) fn by_hash(&self, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Cmd {
        command("EVALSHA", self.sha(), keys, args)
    }

    /// The command that runs it, and makes it known.
    pub(crate) fn by_body(&self, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Cmd {
        command("EVAL", self.body, keys, args)
    }

    fn sha(&self) -> &str {
        let hash = || redis::Script::new(self.body).get_hash().to_owned();
        self.sha.get_or_init(hash)
    }
}

fn command(name: &str, script: &str, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(script).arg(keys.len());
    for word in keys.iter().chain(args) {
        command.arg(word);
    }
    command
}
