//! The loop of a shard.

use std::io;
use std::time::Duration;

use downbeat_schemas::time::Timestamp;

use super::executor::Bed;
use super::{Shard, ShardParts};
use crate::link::Command;

/// How often a busy shard looks for ready sockets. A wake-up costs as much as some ten messages:
/// looking once per message would double the cost of a message.
const SWEEP_EVERY: Duration = Duration::from_millis(5);
/// How often it does so while it has clients of other nodes' rooms: what they say has a way to go
/// before its tick.
const SWEEP_AS_EDGE_EVERY: Duration = Duration::from_millis(1);
/// How long a shard that found something goes on looking by the clock, before it sleeps until the
/// kernel reports the next message.
const BUSY_FOR: Duration = Duration::from_millis(20);
/// Commands per turn: the rest waits until the due rooms have ticked.
const COMMANDS_PER_TURN: usize = 256;

/// Runs a shard on this thread until it is told to end and has ended.
///
/// # Errors
/// If the shard cannot be put together.
pub(crate) async fn run(parts: ShardParts, started: impl FnOnce()) -> io::Result<()> {
    let mut shard = Shard::new(parts)?;
    let bed = Bed::new(&shard.sockets.poller, shard.bell.waker())?;
    shard.chores(shard.clock.now());
    started();
    while !shard.is_over() {
        let awake_at = shard.clock.now();
        shard.turn();
        shard.stats.total.busy += shard.clock.now().since(awake_at);
        shard.rest(&bed).await;
    }
    Ok(())
}

impl Shard {
    fn turn(&mut self) {
        self.end_former_life();
        self.take_commands();
        let now = self.clock.now();
        if now >= self.next_sweep {
            self.sweep(now);
            self.next_sweep = now.after(self.sweep_every());
        }
        self.tick_due_rooms();
        self.serve_relays();
        self.run_jobs();
        let now = self.clock.now();
        if now >= self.next_chores {
            self.chores(now);
        }
        self.report_load_if_due(now);
        self.pen.turn_page();
    }

    /// What clients say to rooms of other nodes should reach the next tick there.
    fn sweep_every(&self) -> Duration {
        match self.edges.is_empty() {
            true => SWEEP_EVERY,
            false => SWEEP_AS_EDGE_EVERY,
        }
    }

    fn serve_relays(&mut self) {
        let now = self.clock.now();
        self.serve_due_hubs(now);
        self.serve_due_edges(now);
        self.send_spoken(now);
    }

    fn take_commands(&mut self) {
        for _ in 0..COMMANDS_PER_TURN {
            let Ok(command) = self.queue.try_recv() else {
                return;
            };
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        let now = self.clock.now();
        match command {
            Command::Adopt(newcomer) => self.adopt(*newcomer, now),
            Command::Seat(request, reply) => self.answer_seats(*request, reply, now),
            Command::SeatLetter(letter, answer) => self.answer_letter(&letter, answer, now),
            Command::Hear => self.hear_topics(now),
            Command::Answer(question) => self.answer(question, now),
            Command::Record { room, on, reply } => {
                let _ = reply.send(self.record(room, on, now));
            }
            #[cfg(feature = "cli")]
            Command::Stage(staging, reply) => {
                let _ = reply.send(self.stage(&staging, now));
            }
            Command::Relay(letter) => self.hear_edge(&letter, now),
            Command::Frame(room, frame) => self.hear_owner(room, &frame, now),
            Command::LoseNode(node) => self.lose_node(node, now),
            Command::LoseRoom(room) => self.lose_room(room, now),
            Command::Thaw => self.thaw(now),
            // Only a wake-up: a full queue would have lost it.
            Command::Abandon => self.end_former_life(),
            Command::ShutDown(patience) => self.shut_down(now, patience),
        }
    }

    fn run_jobs(&mut self) {
        self.desk.alarms.wake_due(self.clock.now());
        for result in self.jobs.run() {
            self.finish_job(result);
        }
    }

    /// Rests until there is something to do.
    async fn rest(&mut self, bed: &Bed) {
        let now = self.clock.now();
        let due = self.next_due();
        if due <= now || !self.queue.is_empty() || self.jobs.any_woken() {
            return bed.breathe().await;
        }
        if now < self.busy_until {
            let pause = due.min(self.next_sweep).since(now);
            return match self.edges.is_empty() {
                true => bed.sleep(pause).await,
                false => self.doze(bed, pause).await,
            };
        }
        self.bell.announce_sleep();
        if self.queue.is_empty() && !self.jobs.any_woken() {
            bed.sleep_or_readable(due.since(now)).await;
        }
        self.bell.announce_awake();
        // Whatever woke the shard: a look at the sockets is cheap now.
        self.next_sweep = Timestamp(0);
    }

    /// Rests until the next sweep, but for what another node says: its patches are not to wait.
    async fn doze(&mut self, bed: &Bed, pause: Duration) {
        self.bell.announce_sleep();
        if self.queue.is_empty() && !self.jobs.any_woken() {
            bed.sleep_or_rung(pause).await;
        }
        self.bell.announce_awake();
        self.bell.waker().drain();
    }

    /// Frozen rooms are not due: whoever thaws them rings.
    fn next_due(&self) -> Timestamp {
        let rooms = match self.may_tick(self.clock.now()) {
            true => self.rooms.next_deadline(),
            false => Timestamp::NEVER,
        };
        let relays = self.hubs.next_due().min(self.edges.next_due());
        let alarms = self.desk.alarms.next();
        rooms.min(relays).min(alarms).min(self.next_chores)
    }

    /// The shard found work: it looks for more by the clock for a while.
    pub(super) fn stay_busy(&mut self, now: Timestamp) {
        self.busy_until = now.after(BUSY_FOR);
    }
}
