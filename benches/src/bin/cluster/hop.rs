//! What a patch cannot do without: a bare sharded publish, from its sender to its receiver.

use std::error::Error;
use std::io;
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use downbeat_tests_redis::{Client, Server};
use hdrhistogram::Histogram;

/// A channel of the slot [`SLOT`].
const CHANNEL: &str = "hop.{copy2.8040}";
/// It lies on the last of three masters; the first is the one that is broken.
pub(crate) const SLOT: u16 = 13_653;
/// Bytes of an arena's patch.
const LENGTH: usize = 600;
/// Often enough for a p99, and too seldom to burden anybody.
const EVERY: Duration = Duration::from_millis(10);

/// A measurement that goes on beside a game.
pub(crate) struct Hop {
    sender: JoinHandle<io::Result<()>>,
    receiver: JoinHandle<io::Result<Histogram<u64>>>,
}

impl Hop {
    /// Publishes on this server for so long.
    pub(crate) fn start(server: &Server, window: Duration) -> Result<Self, Box<dyn Error>> {
        let count = (window.as_secs_f64() / EVERY.as_secs_f64()) as u32;
        let mut receiver = server.connect()?;
        receiver.command(&["SSUBSCRIBE", CHANNEL])?;
        let sender = server.connect()?;
        let begun = Instant::now();
        Ok(Self {
            sender: thread::spawn(move || send(sender, begun, count)),
            receiver: thread::spawn(move || receive(receiver, begun, count)),
        })
    }

    /// Nanoseconds of each hop.
    pub(crate) fn finish(self) -> Result<Histogram<u64>, Box<dyn Error>> {
        let gone = |_| "a thread of the measurement ended";
        self.sender.join().map_err(gone)??;
        Ok(self.receiver.join().map_err(gone)??)
    }
}

fn send(mut client: Client, begun: Instant, count: u32) -> io::Result<()> {
    for number in 0..count {
        sleep((begun + EVERY * number).saturating_duration_since(Instant::now()));
        let sent = format!("{:0LENGTH$}", begun.elapsed().as_nanos());
        client.command(&["SPUBLISH", CHANNEL, &sent])?;
    }
    Ok(())
}

fn receive(mut client: Client, begun: Instant, count: u32) -> io::Result<Histogram<u64>> {
    let mut took = Histogram::new(3).map_err(io::Error::other)?;
    for _ in 0..count {
        let message = client.message()?;
        let received = begun.elapsed().as_nanos() as u64;
        let sent: u64 = message.parse().map_err(io::Error::other)?;
        took.record(received.saturating_sub(sent))
            .map_err(io::Error::other)?;
    }
    Ok(took)
}
