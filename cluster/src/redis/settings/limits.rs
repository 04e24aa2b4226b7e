//! Times and sizes of the layer, in one place.

/// What the layer waits for, and how much it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RedisLimits {
    /// Between two looks at the topology, milliseconds. Longer: a failover is seen later.
    pub(crate) poll_ms: u64,
    /// From an error to the next look. It gathers the errors of one moment into one look.
    pub(crate) urgent_poll_ms: u64,
    /// For a connection with its greeting. Beyond it: a node error, and another try later.
    pub(crate) connect_timeout_ms: u64,
    /// For the answer to a command. Beyond it: an error of which nobody knows whether Redis did it.
    pub(crate) command_timeout_ms: u64,
    /// For the answer to a command behind which replicas are waited for. These stand in line for
    /// each master: where no replica answers, each takes `confirm_wait_ms`. Beyond it: as above.
    pub(crate) confirm_timeout_ms: u64,
    /// For a replica to have what was written. Beyond it: the answer says that none has it.
    pub(crate) confirm_wait_ms: u64,
    /// MOVED and ASK that one command follows. Beyond it: an error.
    pub(crate) redirections_max: u32,
    /// Before another try to connect: as often as it failed, this long.
    pub(crate) reconnect_step_ms: u64,
    /// At most this long.
    pub(crate) reconnect_max_ms: u64,
    /// For the first connection. Beyond it: the start is refused.
    pub(crate) start_timeout_ms: u64,
    /// Messages that were heard and not yet taken. Beyond it: the newest is dropped and counted,
    /// which is a gap in its stream.
    pub(crate) heard_max: usize,
    /// Between two signs of life of a listening connection; two without an answer break it.
    pub(crate) heartbeat_ms: u64,
    /// For a subscription to be confirmed. Beyond it: it is asked for again.
    pub(crate) subscribe_timeout_ms: u64,
    /// Between two readings of INFO.
    pub(crate) figures_ms: u64,
}

impl Default for RedisLimits {
    fn default() -> Self {
        Self {
            poll_ms: 200,
            urgent_poll_ms: 25,
            connect_timeout_ms: 500,
            command_timeout_ms: 250,
            confirm_timeout_ms: 1000,
            confirm_wait_ms: 50,
            redirections_max: 3,
            reconnect_step_ms: 50,
            reconnect_max_ms: 2000,
            start_timeout_ms: 5000,
            heard_max: 16_384,
            heartbeat_ms: 200,
            subscribe_timeout_ms: 500,
            figures_ms: 1000,
        }
    }
}
