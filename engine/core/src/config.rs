//! What a type of room says about itself before any room exists.

/// How a room runs. Built at compile time: a value that makes no sense does not compile.
///
/// ```
/// use downbeat_core::RoomConfig;
///
/// const CONFIG: RoomConfig = RoomConfig::new().tick_hz(30).patch_every(2).clients_max(64);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomConfig {
    pub(crate) tick_hz: u16,
    pub(crate) patch_every: u16,
    pub(crate) clients_max: u32,
    pub(crate) auto_dispose: bool,
    pub(crate) private: bool,
}

impl RoomConfig {
    /// 20 ticks per second, a patch with each, seats without end, gone with its last client.
    pub const fn new() -> Self {
        Self {
            tick_hz: 20,
            patch_every: 1,
            clients_max: u32::MAX,
            auto_dispose: true,
            private: false,
        }
    }

    /// Ticks per second, from 1 to 1,000.
    ///
    /// # Panics
    /// Out of this range; at compile time in `const CONFIG`.
    #[must_use]
    pub const fn tick_hz(mut self, tick_hz: u16) -> Self {
        assert!(
            tick_hz >= 1 && tick_hz <= 1_000,
            "tick_hz is from 1 to 1,000"
        );
        self.tick_hz = tick_hz;
        self
    }

    /// Clients get a patch every so many ticks.
    ///
    /// # Panics
    /// For 0; at compile time in `const CONFIG`.
    #[must_use]
    pub const fn patch_every(mut self, ticks: u16) -> Self {
        assert!(ticks >= 1, "a patch goes out every 1 or more ticks");
        self.patch_every = ticks;
        self
    }

    /// Seats of a new room; [`Ctx::set_clients_max`](crate::Ctx::set_clients_max) changes it.
    ///
    /// # Panics
    /// For 0; at compile time in `const CONFIG`.
    #[must_use]
    pub const fn clients_max(mut self, clients_max: u32) -> Self {
        assert!(clients_max >= 1, "a room has 1 or more seats");
        self.clients_max = clients_max;
        self
    }

    /// Whether the room ends with its last seat, or when nobody came within
    /// `seat_reservation_ms`. On by default.
    #[must_use]
    pub const fn auto_dispose(mut self, auto_dispose: bool) -> Self {
        self.auto_dispose = auto_dispose;
        self
    }

    /// Whether a new room is found by its id only. Off by default.
    #[must_use]
    pub const fn private(mut self, private: bool) -> Self {
        self.private = private;
        self
    }
}

impl Default for RoomConfig {
    fn default() -> Self {
        Self::new()
    }
}
