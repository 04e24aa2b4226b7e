//! The loop: one thread, one poller, all clients.

use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use downbeat_net::socket::{EVENTS_PER_POLL, Readiness};
use downbeat_schemas::time::Timestamp;

use super::args::LoadArgs;
use super::fleet::{Census, Fleet, JOIN_TIMEOUT};
use super::gate::Gate;
use super::meter::{Meter, Window};
use super::phase::Phase;
use super::process::{CpuTime, Process, Usage};
use super::progress::{Progress, View};
use super::rig::Rig;
use super::target::Target;
use super::watcher::{Moment, Watcher};

/// Inputs that are due this soon after each other go out together: a wake-up for each would cost
/// more than it sends. It shows in the lateness, as it should.
const SEND_GRID: Duration = Duration::from_millis(1);
/// The longest sleep: joins, phases and Ctrl-C are looked after this often.
const NAP_MAX: Duration = Duration::from_millis(5);
/// Received bytes are read for so many clients before due inputs are looked for again.
const READS_PER_TURN: usize = 64;
/// How often the watcher is told what clients see.
const SECOND: Duration = Duration::from_secs(1);
/// For the goodbyes.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

/// What a run has brought.
#[derive(Debug)]
pub(crate) struct Harvest {
    pub(crate) meter: Meter,
    pub(crate) census: Census,
    /// The patches of each client that ever played.
    pub(crate) patches: Vec<u32>,
    pub(crate) generator: Span,
    pub(crate) server: Option<Span>,
    /// By Ctrl-C, or because no client was left.
    pub(crate) is_cut_short: bool,
}

impl Harvest {
    /// Adds the clients of a run that measured at the same time, in the same process.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.meter.absorb(&other.meter);
        self.census.absorb(&other.census);
        self.patches.extend(&other.patches);
        self.is_cut_short |= other.is_cut_short;
    }
}

/// A process before the first client, and when the window opened and closed. `None` where it was
/// not to be read, or never came to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Span {
    pub(crate) before: Option<Usage>,
    pub(crate) opened: Option<Usage>,
    pub(crate) closed: Option<Usage>,
}

impl Span {
    /// While the window was open.
    pub(crate) fn used(&self) -> Option<CpuTime> {
        Some(self.closed.as_ref()?.cpu.since(self.opened.as_ref()?.cpu))
    }
}

/// What ties a run to others, and to whoever started it.
#[derive(Clone, Debug)]
pub(crate) struct Ties {
    /// Ends the run early, with what has been measured.
    pub(crate) stop: Arc<AtomicBool>,
    /// No run measures before all have joined.
    pub(crate) gate: Arc<Gate>,
    /// Who watches draws the progress, too.
    pub(crate) watcher: Watcher,
}

impl Ties {
    /// A run by itself.
    pub(crate) fn none(stop: Arc<AtomicBool>) -> Self {
        Self {
            stop,
            gate: Arc::new(Gate::new(1)),
            watcher: Watcher::default(),
        }
    }
}

/// A run, from the first join to the last goodbye.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    args: &'a LoadArgs,
    ties: Ties,
    rig: Rig,
    fleet: Fleet,
    phase: Phase,
    ready: Vec<Readiness>,
    progress: Progress,
    processes: Processes,
    /// When the watcher is told of the window's next second.
    next_second: Timestamp,
    /// What the window brought, once it is closed.
    measured: Option<Meter>,
    patches: Vec<u32>,
    is_cut_short: bool,
}

impl<'a> Run<'a> {
    /// Ready to play, from now on.
    ///
    /// # Errors
    /// There is no poller to be had.
    pub(crate) fn new(args: &'a LoadArgs, target: Target, ties: Ties) -> io::Result<Self> {
        let mut rig = Rig::new(args.clients, args.seed)?;
        let processes = Processes::new(args.server_pid);
        let fleet = Fleet::new(args, target, &mut rig);
        let ramp = Duration::from_secs_f64(f64::from(args.clients) / args.ramp);
        let until = rig.clock.now().after(ramp + 3 * JOIN_TIMEOUT);
        Ok(Self {
            args,
            rig,
            fleet,
            phase: Phase::Joining { until },
            ready: Vec::with_capacity(EVENTS_PER_POLL),
            progress: Progress::new(!ties.watcher.is_there()),
            ties,
            next_second: Timestamp::NEVER,
            processes,
            measured: None,
            patches: Vec::new(),
            is_cut_short: false,
        })
    }

    /// Plays to the end. Bounded by the times of its phases, whatever the server does.
    ///
    /// # Errors
    /// The poller fails, which a correct program does not meet.
    pub(crate) fn play(mut self) -> io::Result<Harvest> {
        while self.phase != Phase::Over {
            let now = self.rig.clock.now();
            self.advance(now);
            self.fleet.tend_joins(now, &mut self.rig);
            self.fleet.tend_leaves(now, &mut self.rig);
            self.fleet.send_due(&mut self.rig);
            self.poll()?;
            self.read_ready();
        }
        self.progress.clear();
        Ok(Harvest {
            meter: self.measured.unwrap_or(self.rig.meter),
            census: self.fleet.census,
            patches: self.patches,
            generator: self.processes.generator.span,
            server: self.processes.server.map(|server| server.span),
            is_cut_short: self.is_cut_short,
        })
    }

    fn advance(&mut self, now: Timestamp) {
        let view = View {
            phase: self.phase,
            census: &self.fleet.census,
            patches_ever: self.rig.meter.patches_ever,
        };
        self.progress.show(view, now);
        if self.must_stop() {
            self.cut_short(now);
        }
        if now >= self.next_second {
            self.tell_second(now);
        }
        match self.phase {
            Phase::Joining { until } if self.fleet.census.is_settled() || now >= until => {
                self.fleet.end_joins(&mut self.rig);
                self.ties.gate.arrive();
                self.ties.watcher.tell(Moment::Joined);
                self.phase = Phase::Gathering;
            }
            Phase::Gathering if self.ties.gate.is_open() => {
                self.fleet.begin_churn(now);
                let until = now.after(Duration::from_secs_f64(self.args.warmup));
                self.phase = Phase::WarmUp { until };
            }
            Phase::WarmUp { until } if now >= until => self.open_window(),
            Phase::Measuring { until } if now >= until => self.close_window(until),
            Phase::Leaving { until } if now >= until || self.fleet.census.playing == 0 => {
                self.phase = Phase::Over;
            }
            _ => {}
        }
    }

    fn must_stop(&self) -> bool {
        let is_alone = self.fleet.census.playing == 0;
        match self.phase {
            Phase::Joining { .. } => self.is_stopped(),
            Phase::Gathering | Phase::WarmUp { .. } | Phase::Measuring { .. } => {
                is_alone || self.is_stopped()
            }
            Phase::Leaving { .. } | Phase::Over => false,
        }
    }

    fn is_stopped(&self) -> bool {
        self.ties.stop.load(Ordering::Relaxed)
    }

    fn cut_short(&mut self, now: Timestamp) {
        self.is_cut_short = true;
        match self.phase {
            Phase::Measuring { .. } => self.close_window(now),
            _ => self.leave(now),
        }
    }

    fn open_window(&mut self) {
        self.processes.read(|span| &mut span.opened);
        let opens = self.rig.clock.now();
        let closes = opens.after(Duration::from_secs_f64(self.args.seconds));
        self.rig.meter.window = Window { opens, closes };
        self.next_second = opens.after(SECOND);
        self.ties.watcher.tell(Moment::Opened);
        self.phase = Phase::Measuring { until: closes };
    }

    fn close_window(&mut self, closes: Timestamp) {
        self.processes.read(|span| &mut span.closed);
        self.rig.meter.window.closes = closes;
        self.fleet.read_all(&mut self.rig);
        self.patches = self.fleet.finish(closes, &mut self.rig);
        self.tell_second(closes);
        self.next_second = Timestamp::NEVER;
        self.ties.watcher.tell(Moment::Closed);
        // What comes from now on is nobody's figure.
        self.measured = Some(mem::replace(&mut self.rig.meter, Meter::new()));
        self.leave(closes);
    }

    fn tell_second(&mut self, now: Timestamp) {
        let at = now.since(self.rig.meter.window.opens);
        self.ties.watcher.tell_second(at, &self.rig.meter);
        self.next_second = self.next_second.after(SECOND);
    }

    fn leave(&mut self, now: Timestamp) {
        self.fleet.leave(&mut self.rig);
        let until = now.after(LEAVE_TIMEOUT);
        self.phase = Phase::Leaving { until };
    }

    /// Sleeps until something is ready or due.
    fn poll(&mut self) -> io::Result<()> {
        let rig = &mut self.rig;
        let begin = rig.clock.now();
        let wake_at = self.fleet.next_send_at().after(SEND_GRID);
        let is_behind = self.fleet.next_send_at() <= begin;
        let nap = if is_behind {
            Duration::ZERO
        } else {
            wake_at.since(begin).min(NAP_MAX)
        };
        self.ready.clear();
        self.ready.extend(rig.poller.poll(Some(nap))?);
        rig.arrivals.follow(rig.clock);
        Ok(())
    }

    fn read_ready(&mut self) {
        for batch in self.ready.chunks(READS_PER_TURN) {
            for ready in batch {
                self.fleet.on_ready(*ready, &mut self.rig);
            }
            self.fleet.send_due(&mut self.rig);
        }
    }
}

/// The processes that are watched.
#[derive(Debug)]
struct Processes {
    generator: Watched,
    server: Option<Watched>,
}

#[derive(Debug)]
struct Watched {
    process: Process,
    span: Span,
}

impl Processes {
    fn new(server_pid: Option<u32>) -> Self {
        let watched = |process| Watched {
            process,
            span: Span::default(),
        };
        let mut processes = Self {
            generator: watched(Process::this()),
            server: server_pid.map(Process::of).map(watched),
        };
        processes.read(|span| &mut span.before);
        processes
    }

    fn read(&mut self, moment: fn(&mut Span) -> &mut Option<Usage>) {
        for watched in std::iter::once(&mut self.generator).chain(&mut self.server) {
            *moment(&mut watched.span) = watched.process.usage().ok();
        }
    }
}
