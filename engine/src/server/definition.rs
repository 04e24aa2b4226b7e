//! A room type as a server knows it: its name, its code, and how matchmaking treats it.

use std::sync::Arc;

use downbeat_cluster::{Filter, Order, SortBy, SortField};
use downbeat_core::Room;
use downbeat_core::host::RoomType;
use serde_json::Value;

use crate::rooms::{Lobby, Queue, QueueRules};

/// A room type under its public name.
///
/// ```
/// use downbeat::{Order, RoomDefinition, SortField, rooms::Chat};
///
/// let chat = RoomDefinition::new::<Chat>("chat")
///     .filter_by(["channel"])
///     .sort_by(SortField::Clients, Order::Descending);
/// # drop(chat);
/// ```
#[derive(Clone, Debug)]
pub struct RoomDefinition {
    room_type: RoomType,
    name: Arc<str>,
    filter_by: Vec<String>,
    sort_by: SortBy,
    service: Option<Service>,
}

/// What rooms of a type are there for, if not to play in.
#[derive(Clone, Debug)]
enum Service {
    Lobby,
    Queue(Arc<QueueRules>),
}

impl RoomDefinition {
    /// Rooms of type `R`, asked for as `name`.
    pub fn new<R: Room>(name: &str) -> Self {
        Self {
            room_type: RoomType::new::<R>(name),
            name: name.into(),
            filter_by: Vec::new(),
            sort_by: SortBy::default(),
            service: None,
        }
    }

    /// Queues, asked for as `name`: their clients get seats in a room with others of about their rank.
    /// With [`filter_by`](Self::filter_by), each combination of values is a queue of its own.
    ///
    /// ```
    /// use downbeat::rooms::{Arena, QueueRules};
    /// use downbeat::{RoomDefinition, Server};
    ///
    /// let rules = QueueRules::new("arena", 4).rank_window(50.0, 10.0, 500.0);
    /// let server = Server::builder()
    ///     .room::<Arena>("arena")
    ///     .define(RoomDefinition::queue("ranked", rules).filter_by(["mode"]));
    /// # drop(server);
    /// ```
    pub fn queue(name: &str, rules: QueueRules) -> Self {
        let mut definition = Self::new::<Queue>(name);
        definition.service = Some(Service::Queue(Arc::new(rules)));
        definition
    }

    /// Lobbies, asked for as `name`: they show the rooms there are. Clients with the same option
    /// `filter` share one.
    ///
    /// ```
    /// use downbeat::rooms::Arena;
    /// use downbeat::{RoomDefinition, Server};
    ///
    /// let server = Server::builder()
    ///     .room::<Arena>("arena")
    ///     .define(RoomDefinition::lobby("lobby"));
    /// # drop(server);
    /// ```
    pub fn lobby(name: &str) -> Self {
        let mut definition = Self::new::<Lobby>(name).filter_by(["filter"]);
        definition.service = Some(Service::Lobby);
        definition
    }

    /// A request only joins a room that was created with the same values of these options.
    #[must_use]
    pub fn filter_by<F: Into<String>>(mut self, options: impl IntoIterator<Item = F>) -> Self {
        self.filter_by.extend(options.into_iter().map(Into::into));
        self
    }

    /// Which of several rooms that fit comes first. Called again, decides among equals. By default
    /// the oldest comes first.
    #[must_use]
    pub fn sort_by(mut self, field: SortField, order: Order) -> Self {
        self.sort_by = self.sort_by.then(field, order);
        self
    }

    pub(crate) const fn room_type(&self) -> &RoomType {
        &self.room_type
    }

    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Of a queue.
    pub(crate) const fn queue_rules(&self) -> Option<&Arc<QueueRules>> {
        match &self.service {
            Some(Service::Queue(rules)) => Some(rules),
            _ => None,
        }
    }

    /// Whether its rooms are there to play in: lobbies and queues are not.
    pub(crate) const fn is_for_players(&self) -> bool {
        self.service.is_none()
    }

    pub(crate) fn sort(&self) -> SortBy {
        self.sort_by.clone()
    }

    pub(crate) fn filter(&self, options: &Value) -> Filter {
        Filter::pick(self.filter_by.iter().map(String::as_str), options)
    }
}
