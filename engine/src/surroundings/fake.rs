//! Surroundings that say what a test wants.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;

use downbeat_cluster::queue::{EmbeddedQueues, MatchId, Queues};
use downbeat_cluster::{Embedded, ListingFeed, Registry};
use downbeat_schemas::id::{NodeId, RoomId, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use serde_json::Value;

use super::{Later, Party, Surroundings, set_surroundings};
use crate::link::{Offer, Refusal};
use crate::rooms::QueueRules;

/// What becomes of the next party.
#[derive(Clone, Debug, Default)]
pub(crate) enum Fate {
    /// All get seats.
    #[default]
    Seats,
    /// Nobody does.
    Refused(Refusal),
    /// Whoever asked ends before the answer.
    Silence,
}

/// A node of this thread.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) now: Cell<Timestamp>,
    pub(crate) rules: RefCell<Option<QueueRules>>,
    pub(crate) queues: Arc<EmbeddedQueues>,
    pub(crate) registry: Embedded,
    pub(crate) fate: RefCell<Fate>,
    /// Who was to be seated.
    pub(crate) parties: RefCell<Vec<Party>>,
    pub(crate) limits: Limits,
    drawn: Cell<u64>,
}

impl Fake {
    /// Surrounds the rooms of this thread.
    pub(crate) fn surround(rules: Option<QueueRules>, limits: Limits) -> Rc<Self> {
        let fake = Rc::new(Self {
            // Late enough for whoever has waited when it enters.
            now: Cell::new(Timestamp(1_000_000_000_000_000)),
            rules: RefCell::new(rules),
            queues: Arc::new(EmbeddedQueues::new(&limits)),
            registry: Embedded::new(&limits),
            fate: RefCell::default(),
            parties: RefCell::default(),
            limits,
            drawn: Cell::new(1_000),
        });
        set_surroundings(Rc::new(Rc::clone(&fake)));
        fake
    }

    fn draw(&self) -> u64 {
        self.drawn.set(self.drawn.get() + 1);
        self.drawn.get()
    }

    fn offers(&self, party: &Party) -> Vec<Offer> {
        let room_id = RoomId(self.draw());
        let offer = |_| Offer {
            name: Arc::clone(&party.name),
            session_id: SessionId(self.draw()),
            room_id,
            process_id: NodeId(7),
            public_address: None,
        };
        party.guests.iter().map(offer).collect()
    }
}

impl Surroundings for Rc<Fake> {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    fn queue_rules(&self, _: &str) -> Option<Arc<QueueRules>> {
        self.rules.borrow().clone().map(Arc::new)
    }

    fn filter(&self, _: &str, options: &Value) -> String {
        let mode = options.get("mode").and_then(Value::as_str);
        mode.map_or_else(|| "{}".to_owned(), ToOwned::to_owned)
    }

    fn queues(&self) -> Arc<dyn Queues> {
        Arc::clone(&self.queues) as _
    }

    fn match_id(&self) -> MatchId {
        MatchId(self.draw())
    }

    fn seat(&self, party: Party, _: Timestamp) -> Later<Result<Vec<Offer>, Refusal>> {
        let offers = self.offers(&party);
        self.parties.borrow_mut().push(party);
        match self.fate.take() {
            Fate::Seats => Box::pin(async move { Ok(offers) }),
            Fate::Refused(refusal) => Box::pin(async move { Err(refusal) }),
            Fate::Silence => Box::pin(pending()),
        }
    }

    fn watch_listings(&self) -> Option<ListingFeed> {
        self.registry.watch_listings()
    }

    fn is_for_players(&self, room_name: &str) -> bool {
        room_name != "queue"
    }

    fn lobby_rooms_max(&self) -> usize {
        self.limits.lobby_rooms_max as usize
    }
}
