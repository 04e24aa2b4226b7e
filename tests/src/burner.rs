//! A room that is too slow now and then, and where everyone knows.

use std::hint::black_box;

use downbeat::{Component, Ctx, Reject, Replicate, Room, RoomConfig, Single};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Ticks from one burn to the next.
pub const BURN_EVERY: u64 = 25;

/// The room. It burns in every 25th tick, which is twice a second.
#[derive(Debug, Default, Replicate, Serialize, Deserialize)]
pub struct Burner {
    #[sync]
    ashes: Single<Ashes>,
    /// Makes a frozen room as large as a test wants it.
    ballast: Vec<u8>,
}

/// What a test wants of a room.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BurnerOptions {
    /// Bytes that the room carries along.
    pub ballast: usize,
}

/// What is left.
#[derive(Clone, Debug, Default, PartialEq, Component, Serialize, Deserialize)]
pub struct Ashes {
    /// How often it burnt.
    pub burns: u64,
    /// A number that no other tick has.
    pub last: u32,
}

impl Room for Burner {
    type Options = BurnerOptions;
    type Input = ();
    type Event = ();
    type Timer = ();

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(50);

    fn on_create(options: BurnerOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        Ok(Self {
            ballast: vec![7; options.ballast],
            ..Self::default()
        })
    }

    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
        if ctx.tick().0.is_multiple_of(BURN_EVERY) {
            burn_sixty_milliseconds();
            self.ashes.burns += 1;
            self.ashes.last = ctx.random_below(u32::MAX);
        }
    }
}

/// Sixty milliseconds of the core, however many threads share it. What it returns is nobody's.
#[inline(never)]
fn burn_sixty_milliseconds() -> u64 {
    let (start_ms, mut sum) = (cpu_ms(), 0);
    while cpu_ms() - start_ms < 60 {
        for number in 0..10_000 {
            sum = black_box(sum ^ number);
        }
    }
    sum
}

/// The time that this thread ran.
fn cpu_ms() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}
