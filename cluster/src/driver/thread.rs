//! The beginning and the end of the driver.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, PoisonError, mpsc};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep};

use super::carrying::Carrying;
use super::cluster::{Begun, ClusterError, ClusterSettings, StatusCell};
use super::courier::Courier;
use super::forgetting;
use super::hearing::Hearing;
use super::leasing::Leasing;
use super::life::Life;
use super::listings::{self, Listings};
use super::neighbours::Neighbours;
use super::orders::{OrderQueue, Orders};
use super::presence_store::{PresenceChannels, PresenceStore};
use super::queue_store;
use super::status::{ClusterStatus, LeaseStatus, MemberStatus, PostStatus};
use super::store::RedisStore;
use crate::driver::About;
use crate::lease::{Lease, LeaseCounts, LeaseSettings};
use crate::queue::QueueRequests;
use crate::redis::{Listener, Router, Servers};
use crate::shared::keys::Keys;
use crate::{Fence, presence};

/// A lease is granted within some milliseconds, or after a grace of one lease where Redis has begun
/// anew: more than twice the longest default.
const LEASE_WAIT: Duration = Duration::from_secs(10);
/// What has to be told when the node leaves is told within this, or expires by itself.
const LEAVE_WAIT: Duration = Duration::from_secs(2);
const STATUS_EVERY: Duration = Duration::from_millis(100);

/// The driver's ends of what it shares.
pub(super) struct Ends {
    pub(super) orders: Orders,
    pub(super) queue: OrderQueue,
    pub(super) presence: presence::Work,
    pub(super) queues: QueueRequests,
    pub(super) fence: Fence,
    pub(super) status: StatusCell,
}

/// Tells how the beginning went.
type Tell = mpsc::Sender<Result<Begun, ClusterError>>;

/// Runs the driver on this thread until the node leaves.
pub(super) fn run(settings: ClusterSettings, ends: Ends, tell: &Tell) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(tell.send(Err(error.into()))),
    };
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        if let Err(error) = drive(settings, ends, tell).await {
            // Nobody listens any more if the start was told.
            let _ = tell.send(Err(error));
        }
    });
}

async fn drive(settings: ClusterSettings, ends: Ends, tell: &Tell) -> Result<(), ClusterError> {
    let router = Router::connect(settings.redis.clone()).await?;
    let listener = Listener::new(router.clone());
    let prefix = settings.redis.prefix().to_owned();
    let courier = Rc::new(Courier::new(router.clone(), prefix.clone()));
    let orders = ends.orders.clone();
    let hearing = Hearing::new(settings.node, listener, Rc::clone(&courier), orders);
    let listings = Arc::new(Listings::default());
    let leasing = lease(&settings, router.clone(), &ends);
    let life = Rc::new(Life {
        leasing: Rc::clone(&leasing),
        hearing: Rc::clone(&hearing),
        store: Rc::new(RedisStore::new(router.clone())),
        keys: Keys::new(&prefix),
        clock: settings.clock.clone(),
        limits: settings.limits.clone(),
        listings: Arc::clone(&listings),
        lives: RefCell::new(None),
        serving: RefCell::new(None),
        has_left: Cell::new(false),
        alive: RefCell::default(),
        neighbours: Neighbours::default(),
    });
    spawn_local(Rc::clone(&leasing).run());
    let living = spawn_local(Rc::clone(&life).run());
    spawn_local(Rc::clone(&hearing).run());
    spawn_local(follow_masters(
        router.clone(),
        Rc::clone(&leasing),
        Rc::clone(&hearing),
    ));
    spawn_local(forgetting::watch(router.clone(), Rc::clone(&life)));
    let watch = Watch {
        router: router.clone(),
        leasing: Rc::clone(&leasing),
        hearing: Rc::clone(&hearing),
        courier: Rc::clone(&courier),
        clock: settings.clock.clone(),
        cell: ends.status,
    };
    spawn_local(watch.run());
    spawn_local(presence::serve(
        ends.presence,
        PresenceStore(router.clone()),
        PresenceChannels(Listener::new(router.clone())),
    ));
    spawn_local(queue_store::serve(ends.queues, router.clone(), prefix));
    spawn_local(listings::tell(Arc::clone(&listings), Rc::clone(&courier)));
    let registry = wait_for_lease(&life).await?;
    spawn_local(listings::watch(
        listings,
        Arc::clone(&registry),
        Listener::new(router),
        Rc::clone(&courier),
    ));
    let _ = tell.send(Ok(Begun { registry }));
    let node = settings.node;
    let queue = ends.queue;
    Carrying {
        node,
        queue,
        courier,
        hearing,
    }
    .run()
    .await;
    leave(&life, living).await;
    Ok(())
}

fn lease(settings: &ClusterSettings, router: Router, ends: &Ends) -> Rc<Leasing> {
    let single = settings.lease.unwrap_or(LeaseSettings::SINGLE_LEASE);
    let mut lease_settings = match settings.redis.servers {
        Servers::Cluster(_) => LeaseSettings::cluster(),
        Servers::Sentinel { .. } => LeaseSettings::sentinel(single),
        Servers::Standalone(_) => LeaseSettings::standalone(single),
    };
    if let Some(flaw) = settings.flaw {
        tracing::error!(?flaw, "for a test: the lease is kept badly");
        flaw.spoil(&mut lease_settings);
    }
    let about = settings.about.to_text();
    let lease = Lease::new(lease_settings.clone(), settings.node, &about);
    Leasing::new(
        lease,
        lease_settings,
        router,
        settings.redis.prefix().to_owned(),
        settings.clock.clone(),
        ends.fence.clone(),
        settings.history.pen(None),
    )
}

async fn wait_for_lease(life: &Life) -> Result<Arc<super::lives::Lives>, ClusterError> {
    let begun = Instant::now();
    while begun.elapsed() < LEASE_WAIT {
        if let Some(lives) = life.lives.borrow().clone() {
            return Ok(lives);
        }
        sleep(Duration::from_millis(5)).await;
    }
    let counts = life.leasing.look(Lease::counts);
    let why = match counts {
        LeaseCounts {
            unconfirmed: 1.., ..
        } => "no replica confirms what its master was told: give each master a replica that is in \
             touch with it"
            .to_owned(),
        counts => format!("{counts:?}"),
    };
    let waited = LEASE_WAIT;
    Err(ClusterError::NoLease { waited, why })
}

async fn follow_masters(router: Router, leasing: Rc<Leasing>, hearing: Rc<Hearing>) {
    let mut changes = router.changes();
    while changes.changed().await.is_ok() {
        leasing.learn_masters();
        hearing.repair();
    }
}

async fn leave(life: &Life, living: tokio::task::JoinHandle<()>) {
    let until = Instant::now() + LEAVE_WAIT;
    let registry = life.lives.borrow().clone();
    while let Some(registry) = &registry
        && !registry.present().is_idle()
        && Instant::now() < until
    {
        sleep(Duration::from_millis(5)).await;
    }
    life.leasing.tell(Lease::leave);
    let _ = tokio::time::timeout(LEAVE_WAIT, living).await;
}

/// Writes the status down, again and again.
struct Watch {
    router: Router,
    leasing: Rc<Leasing>,
    hearing: Rc<Hearing>,
    courier: Rc<Courier>,
    clock: super::DriverClock,
    cell: StatusCell,
}

impl Watch {
    async fn run(self) {
        loop {
            let status = Arc::new(self.look());
            *self.cell.lock().unwrap_or_else(PoisonError::into_inner) = status;
            self.hearing.waiting.borrow_mut().sweep();
            sleep(STATUS_EVERY).await;
        }
    }

    fn look(&self) -> ClusterStatus {
        let now = self.clock.now();
        let (lease, members) = self.leasing.look(|lease| {
            let status = LeaseStatus {
                incarnation: lease.member().map_or(0, |member| member.incarnation.0),
                is_held: lease.holds(now),
                margin: lease.fence().since(now),
                margin_min: self.leasing.margin_min(),
                fence_after: self.leasing.fence_after(),
                counts: lease.counts(),
            };
            let members = lease.members().iter().map(|(member, view)| MemberStatus {
                node: member.node,
                incarnation: member.incarnation.0,
                state: view.state,
                about: About::of(&view.about),
            });
            (status, members.collect())
        });
        let carried = self.courier.counts();
        ClusterStatus {
            lease,
            members,
            post: PostStatus {
                delivered: carried.delivered,
                failovers: carried.failovers,
                lost: carried.lost,
                malformed: self.hearing.malformed(),
                questions: self.hearing.waiting.borrow().len() as u64,
                rooms_heard: self.hearing.rooms() as u64,
            },
            redis: self.router.counts(),
            servers: self.router.figures(),
        }
    }
}
