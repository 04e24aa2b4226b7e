//! One run of a scenario: clients on threads of their own, watched from here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::intervals::Intervals;
use super::progress::Progress;
use super::scenario::{Party, Plan};
use super::server::Page;
use super::subject::Subject;
use super::take::Take;
use crate::load::{
    Gate, Harvest, LoadArgs, MachineError, Moment, Process, Run, Target, TargetError, Ties, Told,
    Watcher, pin,
};

/// Clients came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlayError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Core(#[from] MachineError),
    #[error("the clients' loop failed: {0}")]
    Loop(#[from] std::io::Error),
    #[error("a thread that plays clients ended early")]
    Thread,
}

/// Who plays, and where.
#[derive(Debug)]
pub(super) struct Crew<'a> {
    /// One for each thread.
    pub(super) cores: &'a [usize],
    /// Ends everything early.
    pub(super) stop: &'a Arc<AtomicBool>,
}

/// What the window is for, beside watching.
pub(super) trait During {
    /// Called again and again while the window is open, with the time since it opened.
    fn at(&mut self, subject: &Subject, since_open: Duration);
}

/// Nothing.
pub(super) struct JustWatch;

impl During for JustWatch {
    fn at(&mut self, _: &Subject, _: Duration) {}
}

/// How often this thread looks round.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Those who come late come so long after the window opened.
const LATE_AFTER: Duration = Duration::from_secs(1);

/// Plays `plan` once.
pub(super) fn play(
    subject: &Subject,
    plan: &Plan,
    crew: &Crew<'_>,
    progress: &mut Progress,
    during: &mut impl During,
) -> Result<Take, PlayError> {
    let mut stage = Stage::set(subject, plan, crew);
    stage.watch(progress, during);
    stage.end()
}

/// A run that goes on.
struct Stage<'a> {
    subject: &'a Subject,
    plan: &'a Plan,
    crew: &'a Crew<'a>,
    tell: Option<Sender<Told>>,
    hear: Receiver<Told>,
    /// With the party that each plays.
    threads: Vec<(usize, Player)>,
    late: Option<usize>,
    late_stop: Arc<AtomicBool>,
    opened_at: Option<Instant>,
    before: Page,
    intervals: Intervals,
    take: Take,
}

type Player = JoinHandle<Result<Harvest, PlayError>>;

impl<'a> Stage<'a> {
    /// Lets all who are not late begin to join.
    fn set(subject: &'a Subject, plan: &'a Plan, crew: &'a Crew<'a>) -> Self {
        let (tell, hear) = channel();
        let mut take = Take::new(plan);
        take.server.before = subject.usage();
        let mut stage = Self {
            subject,
            plan,
            crew,
            tell: Some(tell),
            hear,
            threads: Vec::new(),
            late: plan.parties.iter().position(|party| party.is_late),
            late_stop: Arc::default(),
            opened_at: None,
            before: Page::default(),
            intervals: Intervals::default(),
            take,
        };
        let present = || plan.parties.iter().filter(|party| !party.is_late);
        let threads: usize = present().map(|party| crew.shares(party).count()).sum();
        let gate = Arc::new(Gate::new(threads as u32));
        for (number, party) in plan.parties.iter().enumerate() {
            if !party.is_late {
                stage.send_in(number, party, &gate, crew.stop);
            }
        }
        stage.hang_up_if_all_are_in();
        stage
    }

    fn send_in(&mut self, number: usize, party: &Party, gate: &Arc<Gate>, stop: &Arc<AtomicBool>) {
        let Some(tell) = &self.tell else { return };
        let crew = self.crew;
        for (core, clients) in crew.shares(party) {
            let seed = self.threads.len() as u64 + 1;
            let args = party.load_args(self.plan, self.subject.url(), clients, seed);
            let ties = Ties {
                stop: Arc::clone(stop),
                gate: Arc::clone(gate),
                watcher: Watcher::new(self.threads.len(), tell.clone()),
            };
            let thread = std::thread::spawn(move || play_part(core, &args, ties));
            self.threads.push((number, thread));
        }
    }

    /// Once nobody is to come any more, the last to go ends the watch.
    fn hang_up_if_all_are_in(&mut self) {
        if self.late.is_none() {
            self.tell = None;
        }
    }

    fn watch(&mut self, progress: &mut Progress, during: &mut impl During) {
        progress.phase("joining");
        loop {
            match self.hear.recv_timeout(LOOK_EVERY) {
                Ok((run, moment)) => self.on_moment(run, moment, progress),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            progress.tick();
            if let Some(opened_at) = self.opened_at {
                during.at(self.subject, opened_at.elapsed());
                self.let_late_ones_in(opened_at);
            }
            if self.crew.stop.load(Ordering::Relaxed) {
                self.late_stop.store(true, Ordering::Relaxed);
                self.late = None;
                self.hang_up_if_all_are_in();
            }
        }
    }

    fn on_moment(&mut self, run: usize, moment: Moment, progress: &mut Progress) {
        let party = self.threads.get(run).map_or(0, |(party, _)| *party);
        if self.plan.parties[party].is_late {
            return;
        }
        match moment {
            Moment::Joined => progress.phase("warming up"),
            Moment::Opened if self.opened_at.is_none() => self.open(progress),
            Moment::Opened => {}
            Moment::Second(second) => {
                self.intervals.clients(run, *second);
                if run == 0 {
                    self.look_at_ticks();
                }
            }
            Moment::Closed if self.take.generator.closed.is_none() => self.close(progress),
            Moment::Closed => {}
        }
    }

    fn open(&mut self, progress: &mut Progress) {
        progress.phase("measuring");
        self.opened_at = Some(Instant::now());
        self.take.server.opened = self.subject.usage();
        self.take.generator.opened = Process::this().usage().ok();
        match self.subject.page() {
            Ok(page) => {
                self.intervals.begin(page.clone());
                self.before = page;
            }
            Err(error) => self.take.missing.push(error.to_string()),
        }
    }

    fn close(&mut self, progress: &mut Progress) {
        progress.phase("leaving");
        self.take.server.closed = self.subject.usage();
        self.take.generator.closed = Process::this().usage().ok();
        if let Ok(page) = self.subject.page() {
            self.take.rooms = page.since(&self.before);
        }
        self.late_stop.store(true, Ordering::Relaxed);
    }

    fn look_at_ticks(&mut self) {
        let since_open = self.opened_at.map(|opened_at| opened_at.elapsed());
        if let (Some(at), Ok(page)) = (since_open, self.subject.page()) {
            self.intervals.ticks(at, page);
        }
    }

    fn let_late_ones_in(&mut self, opened_at: Instant) {
        let Some(late) = self.late.filter(|_| opened_at.elapsed() >= LATE_AFTER) else {
            return;
        };
        let party = &self.plan.parties[late];
        let gate = Arc::new(Gate::new(self.crew.shares(party).count() as u32));
        let stop = Arc::clone(&self.late_stop);
        self.send_in(late, party, &gate, &stop);
        self.late = None;
        self.hang_up_if_all_are_in();
    }

    /// Puts together what each thread brings home.
    fn end(mut self) -> Result<Take, PlayError> {
        for (number, thread) in self.threads {
            let harvest = thread.join().map_err(|_| PlayError::Thread)??;
            match &mut self.take.harvests[number] {
                Some(all) => all.absorb(&harvest),
                none => *none = Some(harvest),
            }
        }
        self.take.intervals = self.intervals;
        Ok(self.take)
    }
}

impl Crew<'_> {
    /// How the clients of a party are spread: a core, and how many play there.
    fn shares(&self, party: &Party) -> impl Iterator<Item = (usize, u32)> + use<'_> {
        let (threads, clients) = (self.cores.len() as u32, party.clients);
        let shares = self.cores.iter().copied().zip(0..threads);
        shares
            .map(move |(core, number)| {
                let more = u32::from(number < clients % threads);
                (core, clients / threads + more)
            })
            .filter(|(_, clients)| *clients > 0)
    }
}

fn play_part(core: usize, args: &LoadArgs, ties: Ties) -> Result<Harvest, PlayError> {
    pin(core)?;
    let target = Target::find(&args.url)?;
    Ok(Run::new(args, target, ties)?.play()?)
}
