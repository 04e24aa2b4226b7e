//! The thread that adds up what shards counted, and answers those who ask.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use downbeat_cluster::Counts;
use downbeat_schemas::id::ShardId;
use downbeat_schemas::time::Timestamp;
use futures_channel::oneshot;

use super::history::History;
use super::room_stats::RoomStats;
use super::sight::{Rates, Sight};
use super::watch::Watch;
use super::worst::Worst;
use super::{ShardStats, histograms, page};
use crate::node::Node;

/// How often places are emptied: twice as often as shards hand over, so that none finds its place
/// full.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pages that may wait. Whoever asks beyond that is told to come again.
const ASKED_MAX: usize = 64;
/// As unimportant as a thread can be: it takes the time that shards leave.
const NICENESS: i32 = 19;

/// What there is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// All figures as Prometheus text.
    Metrics,
    /// The histograms of ticks as JSON.
    Histograms,
}

/// Something for the clerk to do.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Write this page.
    Page(Page, oneshot::Sender<String>),
    /// Tell what there is to see, with the moments after this one.
    Sight(u64, oneshot::Sender<Sight>),
    /// Go.
    End,
}

/// How shards ask.
#[derive(Debug)]
pub(crate) struct ClerkLink(SyncSender<Asked>);

/// The running thread.
#[derive(Debug)]
pub(crate) struct Clerk(JoinHandle<()>);

/// A shard as the clerk knows it.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) stats: ShardStats<u64>,
    /// The completion lateness of ticks, by room type.
    pub(super) worst: BTreeMap<String, Worst>,
    /// When it last handed over.
    pub(super) heard_at: Timestamp,
    /// What it did per second until then.
    pub(super) rates: Rates,
}

/// What the pages are written from.
#[derive(Debug)]
pub(super) struct Books<'a> {
    pub(super) node: &'a Node,
    pub(super) accounts: &'a [Account],
    pub(super) registry: Counts,
    pub(super) now: Timestamp,
}

impl ClerkLink {
    /// The two ends of the clerk's queue.
    pub(crate) fn new() -> (Self, Receiver<Asked>) {
        let (asks, queue) = sync_channel(ASKED_MAX);
        (Self(asks), queue)
    }

    /// A page, when it is written; none if the clerk has too much to do, or is gone.
    pub(crate) async fn ask(&self, page: Page) -> Option<String> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Asked::Page(page, reply)).ok()?;
        answer.await.ok()
    }

    /// What there is to see, with the moments after `since`; none as for pages.
    pub(crate) async fn look(&self, since: u64) -> Option<Sight> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Asked::Sight(since, reply)).ok()?;
        answer.await.ok()
    }

    /// Ends the clerk, after what was asked before. Waits if that is much.
    pub(crate) fn end(&self) {
        // Fails if it is gone.
        let _ = self.0.send(Asked::End);
    }
}

impl Clerk {
    /// Starts the thread.
    ///
    /// # Errors
    /// What the kernel says if there is no thread to be had.
    pub(crate) fn start(node: Arc<Node>, queue: Receiver<Asked>) -> io::Result<Self> {
        let thread = std::thread::Builder::new().name("clerk".to_owned());
        let run = move || {
            step_back();
            Desk::new(&node).run(&queue);
        };
        thread.spawn(run).map(Self)
    }

    /// Waits for its end.
    pub(crate) fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the thread that adds up figures ended badly");
        }
    }
}

/// Lets shards go first where there are not enough cores for all.
fn step_back() {
    // On Linux a thread has a priority of its own, and the one that asks is meant.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "figures are added up at normal priority");
    }
}

struct Desk<'a> {
    node: &'a Node,
    accounts: Vec<Account>,
    history: History,
    watch: Watch,
}

impl<'a> Desk<'a> {
    fn new(node: &'a Node) -> Self {
        let heard_at = node.clock.now();
        let accounts = node.links.iter().map(|_| Account {
            stats: ShardStats::default(),
            worst: BTreeMap::new(),
            heard_at,
            rates: Rates::default(),
        });
        Self {
            node,
            history: History::new(accounts.len()),
            accounts: accounts.collect(),
            watch: Watch::default(),
        }
    }

    fn run(&mut self, queue: &Receiver<Asked>) {
        loop {
            let asked = queue.recv_timeout(LOOK_EVERY);
            self.collect();
            match asked {
                Ok(Asked::Page(page, reply)) => {
                    // Whoever asked may have gone.
                    let _ = reply.send(self.write(page));
                }
                Ok(Asked::Sight(since, reply)) => {
                    let books = Books::new(self.node, &self.accounts);
                    let _ = reply.send(Sight::new(&books, &self.history, since));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Asked::End) | Err(RecvTimeoutError::Disconnected) => return,
            }
            let books = Books::new(self.node, &self.accounts);
            self.watch.look(&books);
        }
    }

    fn collect(&mut self) {
        for (shard, account) in (0..).map(ShardId).zip(&mut self.accounts) {
            if let Some(mut full) = self.node.board.collect(shard) {
                account.take(&full, self.node.clock.now());
                self.history.take(shard, &full);
                full.clear();
                self.node.board.give_back(shard, full);
            }
        }
        self.history.close_moment(self.node.clock.now());
    }

    fn write(&self, page: Page) -> String {
        let books = Books::new(self.node, &self.accounts);
        match page {
            Page::Metrics => page::write(&books),
            Page::Histograms => histograms::write(&books),
        }
    }
}

impl Account {
    /// Adds what was handed over.
    fn take(&mut self, full: &ShardStats, now: Timestamp) {
        self.rates = Rates::between(&self.stats.now, full);
        self.stats.absorb(full);
        self.heard_at = now;
        for (room, stats) in &full.rooms {
            let worst_ns = stats.ticks.completion_lateness.histogram.max();
            let worst = self.worst.entry(room.clone()).or_default();
            worst.note(Duration::from_nanos(worst_ns), now);
        }
    }
}

impl<'a> Books<'a> {
    fn new(node: &'a Node, accounts: &'a [Account]) -> Self {
        Self {
            node,
            accounts,
            registry: node.registry.counts(),
            now: node.clock.now(),
        }
    }

    /// Each shard's room types with what is counted of them.
    pub(super) fn rooms(&self) -> impl Iterator<Item = (usize, &str, &RoomStats<u64>)> {
        let shards = self.accounts.iter().enumerate();
        shards.flat_map(|(shard, account)| {
            let rooms = account.stats.rooms.iter();
            rooms.map(move |(room, stats)| (shard, room.as_str(), stats))
        })
    }

    /// How long a shard has told nothing of itself.
    pub(super) fn silence(&self, account: &Account) -> Duration {
        self.now.since(account.heard_at)
    }

    /// How often each limit was hit, by its name, on all shards and by the registry. Limits that
    /// were never hit are there too, with 0: a rate needs a value to start from.
    pub(super) fn limits_hit(&self) -> Vec<(&'static str, u64)> {
        let known = downbeat_schemas::limits::Limits::ALL.iter();
        let known = known.map(|limit| limit.name).chain([FILE_DESCRIPTORS]);
        known.map(|limit| (limit, self.hits_of(limit))).collect()
    }

    fn hits_of(&self, limit: &str) -> u64 {
        let accounts = self.accounts.iter();
        let on_shards: u64 = accounts
            .filter_map(|account| account.stats.limits_hit.get(limit))
            .sum();
        let in_registry = match limit {
            "matchmake_timeout_ms" => self.registry.holds_expired,
            "create_timeout_ms" => self.registry.tickets_expired,
            "finds_waiting_max" => self.registry.finds_refused,
            "lobbies_max" => self.registry.lobbies_refused,
            "queue_entrants_max" => self.node.queues.counts().refused,
            _ => 0,
        };
        let scribe = self.node.scribe.counts();
        let by_scribe = match limit {
            "scribe_bytes_max" => scribe.behind,
            "recordings_max" => scribe.refused,
            _ => 0,
        };
        let accounts = self.accounts.iter();
        let by_relays = accounts.map(|account| account.stats.relay.hits_of(limit));
        on_shards + in_registry + by_scribe + by_relays.sum::<u64>()
    }
}

/// A limit of the kernel's, not of ours.
pub(crate) const FILE_DESCRIPTORS: &str = "file_descriptors";
