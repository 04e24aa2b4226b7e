//! What is needed of Redis.

/// Sends commands to the server that owns a key.
#[allow(
    async_fn_in_trait,
    reason = "all on the one thread that has the connections"
)]
pub trait Store {
    /// Sends one command: its name, the key, and what follows the key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn query(
        &self,
        name: &'static str,
        key: &[u8],
        more: &[Vec<u8>],
    ) -> Result<Reply, StoreError>;

    /// Runs [`WRITE_LUA`](super::WRITE_LUA).
    ///
    /// # Errors
    /// [`StoreError`].
    async fn write(&self, key: &[u8], args: &[Vec<u8>]) -> Result<Reply, StoreError>;

    /// Publishes to a sharded channel.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn publish(&self, channel: &[u8], payload: &[u8]) -> Result<(), StoreError>;
}

/// Hears sharded channels, and keeps up what it was told to hear, come what may.
#[allow(
    async_fn_in_trait,
    reason = "all on the one thread that has the connections"
)]
pub trait Channels {
    /// A name or a payload.
    type Bytes: AsRef<[u8]>;

    /// Hears a channel from some moment on. Again is nothing new.
    fn subscribe(&self, channel: &[u8]);

    /// Hears it no more.
    fn unsubscribe(&self, channel: &[u8]);

    /// The next message: its channel and its payload. May be dropped and called again.
    async fn next(&self) -> (Self::Bytes, Self::Bytes);

    /// Waits until what is published to the channel is heard. False: it is not wanted any more.
    async fn heard(&self, channel: &[u8]) -> bool;
}

/// What Redis replies, as far as presence asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing is there.
    Nil,
    /// A number.
    Number(i64),
    /// A text.
    Bytes(Vec<u8>),
    /// A list or a set; a map as its keys and values by turns.
    List(Vec<Self>),
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Redis said no.
    #[error("Redis refused: {0}")]
    Refused(String),
    /// Nobody answered.
    #[error("{0}")]
    Unreachable(String),
}
