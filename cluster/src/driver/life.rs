//! What follows from the lease's events: lives, thaws, recoveries.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::{NodeId, RoomId};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep};

use super::clock::DriverClock;
use super::hearing::Hearing;
use super::leasing::Leasing;
use super::listings::Listings;
use super::lives::Lives;
use super::neighbours::Neighbours;
use super::store::RedisStore;
use crate::Fact;
use crate::lease::{Event, Member, MemberState};
use crate::shared::keys::Keys;
use crate::shared::{
    self, Pace, Recovery, RecoveryError, Setup, Shared, Surroundings, check, serve,
};

/// Records are looked at for so long at most: longer than a failover of Redis Cluster takes.
const CHECK_MAX: Duration = Duration::from_secs(5);
/// Rooms in one call.
const PURGED_AT_ONCE: usize = 50;
/// Between two tries of a step that Redis did not answer.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// The node's lives, one after the other. Lives on the driver's thread.
pub(super) struct Life {
    pub(super) leasing: Rc<Leasing>,
    pub(super) hearing: Rc<Hearing>,
    pub(super) store: Rc<RedisStore>,
    pub(super) keys: Keys,
    pub(super) clock: DriverClock,
    pub(super) limits: downbeat_schemas::limits::Limits,
    pub(super) listings: Arc<Listings>,
    /// The registry of the first life, once there is one.
    pub(super) lives: RefCell<Option<Arc<Lives>>>,
    pub(super) serving: RefCell<Option<JoinHandle<()>>>,
    pub(super) has_left: Cell<bool>,
    /// The nodes that have a life, as the shards know it.
    pub(super) alive: RefCell<BTreeSet<NodeId>>,
    pub(super) neighbours: Neighbours,
}

impl Life {
    /// Acts on events for as long as the driver runs.
    pub(super) async fn run(self: Rc<Self>) {
        while !self.has_left.get() {
            for event in self.leasing.events().await {
                self.act(event).await;
            }
        }
    }

    async fn act(self: &Rc<Self>, event: Event) {
        match event {
            Event::Held(member) => self.begin(member),
            Event::Frozen => {
                tracing::warn!("out of touch with Redis: rooms are frozen until the lease is back");
            }
            Event::Thawed => self.thaw().await,
            Event::Moved(member) => self.end(member),
            Event::Recover(member) => {
                spawn_local(Rc::clone(self).recover(member));
            }
            Event::Cleared(member) => {
                spawn_local(Rc::clone(self).clear_away(member));
            }
            Event::Members => {
                self.tell_of_dead();
                self.neighbours.choose(&self.leasing);
                self.forget_proofs();
            }
            Event::Left => self.has_left.set(true),
        }
    }

    /// A life was declared dead: shards see it by the fence.
    fn end(&self, member: Member) {
        tracing::error!(%member, "declared dead while out of touch: its rooms are dropped");
        self.stop_serving();
        if let Some(mailroom) = self.hearing.mailroom() {
            mailroom.moved();
        }
    }

    /// A new life has its lease.
    fn begin(self: &Rc<Self>, member: Member) {
        tracing::info!(%member, "the lease is held");
        let shared = Shared::new(
            Setup {
                owner: member,
                keys: self.keys.clone(),
                seed: random(),
                pace: Pace::default(),
            },
            &self.limits,
        );
        let former = self.lives.borrow().clone();
        match former {
            Some(lives) => lives.begin(shared.clone()),
            None => {
                let listings = Arc::clone(&self.listings);
                let lives = Lives::new(shared.clone(), listings, &self.limits);
                *self.lives.borrow_mut() = Some(lives);
            }
        }
        let clock = self.clock.clone();
        let life = Rc::clone(self);
        let surroundings = Surroundings {
            store: Rc::clone(&self.store),
            clock: Rc::new(move || clock.now()),
            events: Rc::new(move |event| match event {
                shared::Event::Lost(room) => life.lose(room),
                event => tracing::debug!(?event, "the registry"),
            }),
        };
        let serving = spawn_local(async move { serve(&shared, surroundings).await });
        *self.serving.borrow_mut() = Some(serving);
        self.leasing.thaw();
    }

    /// The lease came back: rooms go on once their records were looked at.
    async fn thaw(&self) {
        let until = Instant::now() + CHECK_MAX;
        let registry = self.lives.borrow().as_ref().map(|lives| lives.present());
        while let Some(registry) = &registry
            && self.leasing.holds()
        {
            let checked = check(registry, &*self.store).await;
            for room in &checked.lost {
                self.lose(*room);
            }
            if checked.unknown.is_empty() {
                break;
            }
            // The lease alone is the right to tick; a record that nobody can read takes it from none.
            if Instant::now() >= until {
                let rooms = checked.unknown.len();
                tracing::warn!(rooms, "rooms go on whose records Redis does not tell");
                break;
            }
            sleep(TRY_AGAIN).await;
        }
        if !self.leasing.thaw() {
            return;
        }
        tracing::warn!("in touch with Redis again: rooms go on");
        if let Some(mailroom) = self.hearing.mailroom() {
            mailroom.thawed();
        }
    }

    /// A room is another's.
    fn lose(&self, room: RoomId) {
        tracing::error!(%room, "another node owns this room: it is dropped");
        self.leasing.note(Fact::Lost(room));
        if let Some(mailroom) = self.hearing.mailroom() {
            mailroom.lost_room(room);
        }
    }

    /// Members that are no more need no proof.
    fn forget_proofs(&self) {
        self.leasing.look(|lease| {
            let mut proven = self.leasing.proven.borrow_mut();
            proven.retain(|member| lease.members().contains_key(member));
        });
    }

    /// Tells the shards which nodes have no life left.
    fn tell_of_dead(&self) {
        let alive = self.leasing.look(|lease| {
            let members = lease.members().iter();
            let alive = members.filter(|(_, view)| view.state != MemberState::Dead);
            alive.map(|(member, _)| member.node).collect()
        });
        let former: BTreeSet<NodeId> = self.alive.replace(alive);
        let alive = self.alive.borrow();
        if let Some(mailroom) = self.hearing.mailroom() {
            for node in former.difference(&alive) {
                mailroom.lost_node(*node);
            }
        }
    }

    fn stop_serving(&self) {
        if let Some(serving) = self.serving.borrow_mut().take() {
            serving.abort();
        }
    }

    /// Cleans up after a dead life, as the only one to do so.
    async fn recover(self: Rc<Self>, dead: Member) {
        tracing::info!(%dead, "a node is dead");
        if Rc::clone(&self).clear_away(dead).await {
            self.leasing
                .tell(|lease, now| lease.on_recovered(now, dead));
        }
    }

    /// Nobody finds the rooms of a dead life any more. Several may do so at once.
    async fn clear_away(self: Rc<Self>, dead: Member) -> bool {
        let Some(me) = self.leasing.look(|lease| lease.member()) else {
            return false;
        };
        let recovery = Recovery::new(Rc::clone(&self.store), self.keys.clone(), me);
        // Bounded by this life: another node takes over if it ends.
        while self.leasing.look(|lease| lease.member()) == Some(me) {
            match clear(&recovery, dead).await {
                Ok(rooms) => {
                    // A copy that came back empty does not know who was buried before.
                    if rooms > 0 {
                        tracing::warn!(%dead, rooms, "a dead node's rooms are cleared away");
                    }
                    self.leasing.note(Fact::Recovered(dead, rooms));
                    return true;
                }
                Err(error) => {
                    tracing::debug!(%dead, "{error}");
                    sleep(TRY_AGAIN).await;
                }
            }
        }
        false
    }
}

async fn clear(recovery: &Recovery<RedisStore>, dead: Member) -> Result<usize, RecoveryError> {
    let rooms = recovery.rooms(dead).await?;
    // Off the listings first: nobody is to be led there while the rest goes.
    let mut outcome = purge(recovery, dead, &rooms).await;
    // A part of Redis may be out of reach: the rest goes all the same.
    for (room, name) in &rooms {
        outcome = outcome.and(recovery.forget(*room, name, dead).await);
    }
    let listed = recovery.listed(dead).await?;
    outcome = outcome.and(purge(recovery, dead, &listed).await);
    outcome.map(|()| rooms.len())
}

/// Takes rooms off their listings, but for those that are not of this life.
async fn purge(
    recovery: &Recovery<RedisStore>,
    dead: Member,
    rooms: &[(RoomId, String)],
) -> Result<(), RecoveryError> {
    let mut by_name = BTreeMap::<&str, Vec<RoomId>>::new();
    for (room, name) in rooms {
        by_name.entry(name).or_default().push(*room);
    }
    let mut outcome = Ok(());
    for (name, rooms) in &by_name {
        for some in rooms.chunks(PURGED_AT_ONCE) {
            outcome = outcome.and(recovery.purge(name, dead, some).await.map(drop));
        }
    }
    outcome
}

fn random() -> u64 {
    // Fails only before the kernel's pool is ready, long before a server starts.
    getrandom::u64().expect("the kernel gives random bytes")
}
