//! What all clients share: one of each, since they take turns on one thread.

use std::io;

use downbeat_net::ReadBuffer;
use downbeat_net::socket::Poller;

use super::arrivals::Arrivals;
use super::dice::Dice;
use super::input::InputFrame;
use super::meter::Meter;
use crate::clock::Clock;

/// What one `recv` can bring: far more than a patch.
const READ_BYTES: usize = 64 << 10;

/// The equipment of the run.
#[derive(Debug)]
pub(super) struct Rig {
    pub(super) clock: Clock,
    pub(super) poller: Poller,
    pub(super) arrivals: Arrivals,
    pub(super) read: ReadBuffer,
    pub(super) input: InputFrame,
    /// The payload of the ping that is being answered.
    pub(super) control: Vec<u8>,
    pub(super) dice: Dice,
    pub(super) meter: Meter,
    /// Whether there is anybody to stand between one client's inputs.
    pub(super) has_halfway: bool,
}

impl Rig {
    pub(super) fn new(clients: u32, seed: u64) -> io::Result<Self> {
        let clock = Clock::start();
        Ok(Self {
            clock,
            poller: Poller::new()?,
            arrivals: Arrivals::new(clock),
            read: ReadBuffer::new(READ_BYTES),
            input: InputFrame::default(),
            control: Vec::new(),
            dice: Dice::new(seed),
            meter: Meter::new(),
            has_halfway: clients > 1,
        })
    }
}
