//! The registries that the simulation knows.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use downbeat_cluster::shared::keys::Keys;
use downbeat_cluster::shared::owner::{Incarnation, Owner};
use downbeat_cluster::shared::{Pace, Setup, Shared, Surroundings, serve};
use downbeat_cluster::{Embedded, Registry};
use downbeat_schemas::id::NodeId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use super::memory_store::MemoryStore;

/// A registry, and the time that passes around it.
pub(crate) trait Subject {
    fn registry(&self) -> &dyn Registry;
    fn now(&self) -> Timestamp;
    fn pass(&mut self, time: Duration);
    /// `matchmake_timeout_ms` and `create_timeout_ms`.
    fn promise(&self) -> Duration;
    /// Lets everything happen that has to.
    fn settle(&mut self);
    /// Whether claims that ended are counted as long as somebody has them.
    fn counts_ended_claims(&self) -> bool;
}

/// Far more than the answers of a step take.
const PROMISE_OF_MANY: Duration = Duration::from_secs(60);

/// The registry of one node: all happens at once.
pub(crate) struct OneNode {
    registry: Embedded,
    now: Timestamp,
}

impl OneNode {
    pub(crate) fn new() -> Self {
        Self {
            registry: Embedded::new(&Limits::default()),
            now: Timestamp::default(),
        }
    }
}

impl Subject for OneNode {
    fn registry(&self) -> &dyn Registry {
        &self.registry
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.registry.expire(self.now);
    }

    fn promise(&self) -> Duration {
        Duration::from_millis(Limits::default().create_timeout_ms)
    }

    fn settle(&mut self) {}

    fn counts_ended_claims(&self) -> bool {
        false
    }
}

/// The registry of many nodes with its driver and a store in memory, all on one thread, under a
/// clock that stands still while there is something to do.
pub(crate) struct OneOfMany {
    registry: Shared,
    runtime: Runtime,
    tasks: LocalSet,
    start: tokio::time::Instant,
}

impl OneOfMany {
    pub(crate) fn new(seed: u64) -> Self {
        let owner = Owner {
            node: NodeId(1),
            incarnation: Incarnation(1),
        };
        let pace = Pace {
            publish: Duration::ZERO,
            ..Pace::default()
        };
        let keys = Keys::new("downbeat");
        let setup = Setup {
            owner,
            keys,
            seed,
            pace,
        };
        let mut limits = Limits::default();
        for name in ["matchmake_timeout_ms", "create_timeout_ms"] {
            let promise_ms = PROMISE_OF_MANY.as_millis() as u64;
            limits.set(name, promise_ms).unwrap();
        }
        let registry = Shared::new(setup, &limits);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let tasks = LocalSet::new();
        let start = {
            let _entered = runtime.enter();
            let start = tokio::time::Instant::now();
            let surroundings = Surroundings {
                store: Rc::new(MemoryStore::new()),
                clock: Rc::new(move || Timestamp::default().after(start.elapsed())),
                events: Rc::new(|event| panic!("nothing fails here: {event:?}")),
            };
            let registry = registry.clone();
            tasks.spawn_local(async move { serve(&registry, surroundings).await });
            start
        };
        Self {
            registry,
            runtime,
            tasks,
            start,
        }
    }

    fn run(&self, until: impl Future<Output = ()>) {
        self.tasks.block_on(&self.runtime, until);
    }
}

impl Subject for OneOfMany {
    fn registry(&self) -> &dyn Registry {
        &self.registry
    }

    fn now(&self) -> Timestamp {
        let _entered = self.runtime.enter();
        Timestamp::default().after(self.start.elapsed())
    }

    fn pass(&mut self, time: Duration) {
        self.run(async move { tokio::time::sleep(time).await });
    }

    fn promise(&self) -> Duration {
        PROMISE_OF_MANY
    }

    /// Those who wait are asked for every 25 ms.
    fn settle(&mut self) {
        let registry = self.registry.clone();
        self.run(async move {
            while !registry.is_idle() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            if registry.counts().waiting > 0 {
                tokio::time::sleep(Duration::from_millis(27)).await;
            }
        });
    }

    fn counts_ended_claims(&self) -> bool {
        true
    }
}
