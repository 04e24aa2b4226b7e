//! A room type as a server knows it: its name, its code, and how matchmaking treats it.

use std::sync::Arc;

use downbeat_cluster::{Filter, Order, SortBy, SortField};
use downbeat_core::Room;
use downbeat_core::host::RoomType;
use serde_json::Value;

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
}

impl RoomDefinition {
    /// Rooms of type `R`, asked for as `name`.
    pub fn new<R: Room>(name: &str) -> Self {
        Self {
            room_type: RoomType::new::<R>(name),
            name: name.into(),
            filter_by: Vec::new(),
            sort_by: SortBy::default(),
        }
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

    pub(crate) fn sort(&self) -> SortBy {
        self.sort_by.clone()
    }

    pub(crate) fn filter(&self, options: &Value) -> Filter {
        Filter::pick(self.filter_by.iter().map(String::as_str), options)
    }
}
