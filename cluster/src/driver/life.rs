//! What follows from the lease's events: lives, thaws, recoveries.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::{NodeId, RoomId};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::sleep;

use super::clock::DriverClock;
use super::hearing::Hearing;
use super::leasing::Leasing;
use super::lives::Lives;
use super::store::RedisStore;
use crate::Fact;
use crate::lease::{Event, Member, MemberState};
use crate::shared::keys::Keys;
use crate::shared::owner::{Incarnation, Owner};
use crate::shared::{self, Pace, Recovery, RecoveryError, Setup, Shared, Surroundings, serve};

/// Between two tries of a step that Redis did not answer.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// Rooms that are taken off a listing by one script: Redis does nothing else meanwhile.
const PURGED_AT_ONCE: usize = 50;

/// The node's lives, one after the other. Lives on the driver's thread.
pub(super) struct Life {
    pub(super) leasing: Rc<Leasing>,
    pub(super) hearing: Rc<Hearing>,
    pub(super) store: Rc<RedisStore>,
    pub(super) keys: Keys,
    pub(super) clock: DriverClock,
    pub(super) limits: downbeat_schemas::limits::Limits,
    /// The registry of the first life, once there is one.
    pub(super) lives: RefCell<Option<Arc<Lives>>>,
    pub(super) serving: RefCell<Option<JoinHandle<()>>>,
    pub(super) has_left: Cell<bool>,
    /// The nodes that have a life, as the shards know it.
    pub(super) alive: RefCell<BTreeSet<NodeId>>,
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
            Event::Moved(member) => {
                tracing::error!(%member, "declared dead while out of touch: its rooms are dropped");
                self.stop_serving();
                if let Some(mailroom) = self.hearing.mailroom() {
                    mailroom.moved();
                }
            }
            Event::Recover(member) => {
                spawn_local(Rc::clone(self).recover(member));
            }
            Event::Members => self.tell_of_dead(),
            Event::Left => self.has_left.set(true),
        }
    }

    /// A new life has its lease.
    fn begin(&self, member: Member) {
        tracing::info!(%member, "the lease is held");
        let shared = Shared::new(
            Setup {
                owner: owner(member),
                keys: self.keys.clone(),
                seed: random(),
                pace: Pace::default(),
            },
            &self.limits,
        );
        let former = self.lives.borrow().clone();
        match former {
            Some(lives) => lives.begin(shared.clone()),
            None => *self.lives.borrow_mut() = Some(Lives::new(shared.clone())),
        }
        let (clock, leasing) = (self.clock.clone(), Rc::clone(&self.leasing));
        let surroundings = Surroundings {
            store: Rc::clone(&self.store),
            clock: Rc::new(move || clock.now()),
            events: Rc::new(move |event| {
                tracing::debug!(?event, "registry");
                if let shared::Event::Lost(room) = event {
                    leasing.note(Fact::Lost(room));
                }
            }),
        };
        let serving = spawn_local(async move { serve(&shared, surroundings).await });
        *self.serving.borrow_mut() = Some(serving);
    }

    async fn thaw(&self) {
        // TODO of the next commit: the records.
        self.leasing.thaw();
        tracing::warn!("in touch with Redis again: rooms go on");
        if let Some(mailroom) = self.hearing.mailroom() {
            mailroom.thawed();
        }
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

    /// Cleans up after a dead life: nobody finds its rooms any more.
    async fn recover(self: Rc<Self>, dead: Member) {
        tracing::warn!(%dead, "a node is dead: its rooms are cleared away");
        let Some(me) = self.leasing.look(|lease| lease.member()) else {
            return;
        };
        let recovery = Recovery::new(Rc::clone(&self.store), self.keys.clone(), owner(me));
        // Bounded by this life: another node takes over if it ends.
        while self.leasing.look(|lease| lease.member()) == Some(me) {
            match clear(&recovery, owner(dead)).await {
                Ok(rooms) => {
                    tracing::warn!(%dead, rooms, "a dead node's rooms are cleared away");
                    self.leasing.note(Fact::Recovered(dead, rooms));
                    self.leasing
                        .tell(|lease, now| lease.on_recovered(now, dead));
                    return;
                }
                Err(error) => {
                    tracing::debug!(%dead, "{error}");
                    sleep(TRY_AGAIN).await;
                }
            }
        }
    }
}

async fn clear(recovery: &Recovery<RedisStore>, dead: Owner) -> Result<usize, RecoveryError> {
    let rooms = recovery.rooms(dead).await?;
    // Off the listings first: nobody is to be led there while the rest goes.
    purge(recovery, dead, &rooms).await?;
    for (room, name) in &rooms {
        recovery
            .forget(*room, name, dead, crate::shared::owner::Epoch(u64::MAX))
            .await?;
    }
    let listed = recovery.listed(dead).await?;
    purge(recovery, dead, &listed).await?;
    Ok(rooms.len())
}

/// Takes rooms off their listings, but for those that are not of this life.
async fn purge(
    recovery: &Recovery<RedisStore>,
    dead: Owner,
    rooms: &[(RoomId, String)],
) -> Result<(), RecoveryError> {
    let mut by_name = BTreeMap::<&str, Vec<RoomId>>::new();
    for (room, name) in rooms {
        by_name.entry(name).or_default().push(*room);
    }
    for (name, rooms) in &by_name {
        for some in rooms.chunks(PURGED_AT_ONCE) {
            recovery.purge(name, dead, some).await?;
        }
    }
    Ok(())
}

fn owner(member: Member) -> Owner {
    Owner {
        node: member.node,
        incarnation: Incarnation(member.incarnation.0),
    }
}

fn random() -> u64 {
    // Fails only before the kernel's pool is ready, long before a server starts.
    getrandom::u64().expect("the kernel gives random bytes")
}
