//! Runs the lease: sends what the machine asks, tells it the answers, moves the fence.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use downbeat_schemas::time::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use super::clock::DriverClock;
use super::least::Least;
use super::raw_reply;
use crate::lease::{
    Answer, Event, Lease, LeaseSettings, Member, Output, Probed, Reply, Request, RequestId, SCRIPT,
    copy_keys,
};
use crate::redis::{MasterId, Router, Script};
use crate::{Fact, Fence, Pen};

/// A host that has not answered for so long proves nothing.
const PROBE_MAX: Duration = Duration::from_millis(100);

static LEASE: Script = Script::new("lease", SCRIPT);

/// The lease of this node. Lives on the driver's thread.
pub(super) struct Leasing {
    lease: RefCell<Lease>,
    settings: LeaseSettings,
    router: Router,
    prefix: String,
    clock: DriverClock,
    fence: Fence,
    /// The fence stays where it is until [`thaw`](Self::thaw).
    is_frozen: Cell<bool>,
    /// What was left when the fence moved on.
    margins: Cell<Least>,
    changed: Notify,
    /// Members that have answered at their address under their own id.
    pub(super) proven: RefCell<BTreeSet<Member>>,
    /// What the machine has decided and nobody has acted on.
    events: RefCell<Vec<Event>>,
    has_events: Notify,
    pen: RefCell<Pen>,
}

impl Leasing {
    pub(super) fn new(
        lease: Lease,
        settings: LeaseSettings,
        router: Router,
        prefix: String,
        clock: DriverClock,
        fence: Fence,
        pen: Pen,
    ) -> Rc<Self> {
        Rc::new(Self {
            lease: RefCell::new(lease),
            settings,
            router,
            prefix,
            clock,
            fence,
            is_frozen: Cell::new(true),
            margins: Cell::default(),
            changed: Notify::new(),
            proven: RefCell::default(),
            events: RefCell::default(),
            has_events: Notify::new(),
            pen: RefCell::new(pen),
        })
    }

    /// Keeps the lease for as long as the driver runs.
    pub(super) async fn run(self: Rc<Self>) {
        self.learn_masters();
        loop {
            self.put(Lease::poll);
            let now = self.clock.now();
            let pause = self.lease.borrow().next_due().since(now);
            tokio::select! {
                () = sleep(pause) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    /// Tells the machine something, and does what it wants then.
    pub(super) fn tell(self: &Rc<Self>, tell: impl FnOnce(&mut Lease, Timestamp)) {
        self.put(tell);
        self.changed.notify_one();
    }

    fn put(self: &Rc<Self>, tell: impl FnOnce(&mut Lease, Timestamp)) {
        tell(&mut self.lease.borrow_mut(), self.clock.now());
        while let Some(output) = self.next_output() {
            self.act(output);
        }
        self.move_fence();
        self.pen.borrow_mut().turn_page();
    }

    /// Writes something down.
    pub(super) fn note(&self, fact: Fact<'_>) {
        self.pen.borrow_mut().note(self.clock.now(), fact);
    }

    fn note_event(&self, event: Event) {
        match event {
            Event::Held(member) => {
                self.pen.borrow().begin_life(member);
                self.note(Fact::Held);
            }
            Event::Frozen => self.note(Fact::Frozen),
            Event::Thawed => self.note(Fact::Thawed),
            Event::Moved(member) => self.note(Fact::Moved(member)),
            Event::Recover(member) => self.note(Fact::Recover(member)),
            Event::Left => self.note(Fact::Left),
            Event::Members | Event::Cleared(_) => {}
        }
    }

    fn next_output(&self) -> Option<Output> {
        self.lease.borrow_mut().next_output()
    }

    /// The least that was left of late when the fence moved on.
    pub(super) fn margin_min(&self) -> Option<Duration> {
        self.margins.get().seen(self.clock.now())
    }

    /// What the margin is at best.
    pub(super) fn fence_after(&self) -> Duration {
        self.settings.fence_after
    }

    /// Looks at the machine.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Lease) -> T) -> T {
        look(&self.lease.borrow())
    }

    /// What was decided since the last call; waits until there is something.
    pub(super) async fn events(&self) -> Vec<Event> {
        loop {
            let events = std::mem::take(&mut *self.events.borrow_mut());
            if !events.is_empty() {
                return events;
            }
            self.has_events.notified().await;
        }
    }

    /// The masters of the copies may have changed.
    pub(super) fn learn_masters(self: &Rc<Self>) {
        let mut known: Vec<MasterId> = Vec::new();
        let masters: Vec<Option<u32>> = (0..self.settings.copies)
            .map(|copy| {
                let [key, _] = copy_keys(&self.prefix, copy);
                let master = self.router.master_of(&key)?;
                let place = known.iter().position(|known| *known == master);
                let place = place.unwrap_or_else(|| {
                    known.push(master);
                    known.len() - 1
                });
                u32::try_from(place).ok()
            })
            .collect();
        self.tell(|lease, now| lease.on_topology(now, &masters));
    }

    fn act(self: &Rc<Self>, output: Output) {
        match output {
            Output::Ask {
                copy,
                id,
                request,
                confirm,
            } => {
                let leasing = Rc::clone(self);
                spawn_local(async move { leasing.ask(copy, id, request, confirm).await });
            }
            Output::Probe { member, about } => {
                let leasing = Rc::clone(self);
                let address = super::about::address_of(&about);
                spawn_local(async move { leasing.probe(member, address).await });
            }
            Output::Event(event) => {
                self.note_event(event);
                match event {
                    Event::Frozen => self.is_frozen.set(true),
                    Event::Moved(_) => {
                        self.is_frozen.set(true);
                        self.fence.end_life();
                    }
                    _ => {}
                }
                self.events.borrow_mut().push(event);
                self.has_events.notify_one();
            }
        }
    }

    async fn ask(self: Rc<Self>, copy: usize, id: RequestId, request: Request, confirm: bool) {
        let keys = copy_keys(&self.prefix, copy);
        let args = request.args(&self.settings);
        let asked = if confirm {
            self.router.script_confirmed(&LEASE, &keys, &args).await
        } else {
            let reply = self.router.script(&LEASE, &keys, &args).await;
            reply.map(|reply| (reply, 0))
        };
        let answer = match asked {
            Ok((reply, replicas)) => match Reply::decode(&raw_reply::of(reply)) {
                Ok(reply) => Some(Answer { reply, replicas }),
                Err(error) => {
                    tracing::error!(
                        copy,
                        "the lease script says what is not understood: {error}"
                    );
                    None
                }
            },
            Err(error) => {
                tracing::debug!(copy, "the lease was not renewed on one copy: {error}");
                None
            }
        };
        self.tell(|lease, now| lease.on_reply(now, id, answer.as_ref()));
    }

    async fn probe(self: Rc<Self>, member: Member, address: Option<String>) {
        // A refusal by whoever else is at that address proves nothing.
        let address = address.filter(|_| self.proven.borrow().contains(&member));
        let probed = match address {
            Some(address) => match timeout(PROBE_MAX, TcpStream::connect(&*address)).await {
                Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                    Probed::Refused
                }
                Ok(_) | Err(_) => Probed::Other,
            },
            None => Probed::Other,
        };
        self.tell(|lease, now| lease.on_probe(now, member, probed));
    }

    /// Shards may go on for as long as the lease lasts: their rooms are this life's, and none of an
    /// earlier one is left. False if the lease has ended meanwhile; another event follows then.
    pub(super) fn thaw(&self) -> bool {
        let holds = self.holds();
        if holds {
            self.is_frozen.set(false);
            self.move_fence();
            self.pen.borrow_mut().turn_page();
        }
        holds
    }

    /// Whether the lease is held at this moment, though the fence may still be shut.
    pub(super) fn holds(&self) -> bool {
        self.lease.borrow().holds(self.clock.now())
    }

    fn move_fence(&self) {
        if self.is_frozen.get() {
            return;
        }
        let fence = self.lease.borrow().fence();
        let former = self.fence.ends_at();
        if fence > former && former > Timestamp(0) {
            let now = self.clock.now();
            let margins = self.margins.get();
            self.margins.set(margins.with(former.since(now), now));
        }
        if fence != former {
            self.note(Fact::Fence(fence));
        }
        self.fence.set(fence);
    }
}
