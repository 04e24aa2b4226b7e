//! The store as the registry asks it: one script on one key at a time.

use std::fmt;

/// A script of `lua/`. It names its further keys after the first, with the same hash tag.
pub struct Script {
    /// The name of its file.
    pub name: &'static str,
    /// The text that the store runs.
    pub body: &'static str,
}

/// One question to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is run.
    pub script: &'static Script,
    /// `KEYS[1]`: its slot says which server is asked.
    pub key: Vec<u8>,
    /// `ARGV`.
    pub args: Vec<Vec<u8>>,
}

/// What a script answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `false` or `nil` of Lua.
    Nil,
    /// A number, cut to a whole one.
    Int(i64),
    /// A text.
    Bytes(Vec<u8>),
    /// A table.
    Array(Vec<Self>),
}

/// Why a call has no reply. It may have been done all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// Runs scripts. Lives on one thread.
pub trait Store {
    /// Asks the server of the call's slot; calls to one slot are done in the order in which they
    /// were made. Bounds the wait for the reply.
    ///
    /// # Errors
    /// [`StoreError`] if there is no reply in time, or the script failed.
    fn call(&self, call: Call) -> impl Future<Output = Result<Reply, StoreError>>;
}

/// The names are one for each script.
impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Script {}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({})", self.name)
    }
}
