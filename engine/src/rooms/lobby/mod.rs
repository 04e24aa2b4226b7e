//! Lobbies: the rooms of all nodes, live.

mod filter;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::future::ready;
use std::sync::Arc;

use downbeat_cluster::{Listed, ListingFeed, RoomRecord};
use downbeat_core::{
    Component, Ctx, Reject, Replicate, Room, RoomConfig, SessionId, Single, Table,
};
use downbeat_schemas::id::RoomId;
use serde::{Deserialize, Serialize};

pub use filter::LobbyFilter;

use crate::surroundings::{Surroundings, surroundings};

/// Rooms that are written down in one tick: thousands at once would hold up the games of the shard.
const ROOMS_PER_TICK: usize = 500;

/// What a client wants to see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LobbyOptions {
    /// Which rooms. By default all.
    #[serde(default)]
    pub filter: LobbyFilter,
}

/// A room, as `GET /rooms` lists it. Private ones are not here, locked ones are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Component, Serialize, Deserialize)]
pub struct Listing {
    /// The name of its room type.
    pub name: String,
    /// The node.
    pub process_id: String,
    /// Seats taken, reserved or held.
    pub clients: u32,
    /// Seats there are.
    pub max_clients: u32,
    /// Whether it takes nobody in, because it is full or wants to.
    pub locked: bool,
    /// What it tells of itself, as JSON.
    pub metadata: String,
    /// Where clients reach the node directly; empty if that is not configured.
    pub public_address: String,
}

/// What a lobby says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Component, Serialize, Deserialize)]
pub struct LobbyStatus {
    /// Rooms that would be shown, but for `lobby_rooms_max`.
    pub left_out: u32,
}

/// The rooms of one filter. See [`RoomDefinition::lobby`](crate::RoomDefinition::lobby).
#[derive(Debug, Replicate, Serialize, Deserialize)]
pub struct Lobby {
    /// By their ids.
    #[sync]
    rooms: Table<String, Listing>,
    #[sync]
    status: Single<LobbyStatus>,
    filter: LobbyFilter,
    /// None where it was thawed: there, all rooms are told anew.
    #[serde(skip)]
    feed: Option<ListingFeed>,
    /// What was told and is not written down yet.
    #[serde(skip)]
    told: VecDeque<(RoomId, Option<Arc<RoomRecord>>)>,
    #[serde(skip)]
    left_out: BTreeMap<RoomId, Arc<RoomRecord>>,
}

impl Room for Lobby {
    type Options = LobbyOptions;
    type Input = ();
    type Event = ();
    type Timer = ();

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(10).clients_max(1_000);

    fn on_create(options: LobbyOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
        let around = surroundings().ok_or("there is no server whose rooms could be listed")?;
        let feed = around.watch_listings();
        let feed = feed.ok_or("this node has as many lobbies as lobbies_max allows")?;
        Ok(Self {
            rooms: Table::default(),
            status: Single::default(),
            filter: options.filter,
            feed: Some(feed),
            told: VecDeque::new(),
            left_out: BTreeMap::new(),
        })
    }

    fn on_join(
        &mut self,
        _: SessionId,
        options: LobbyOptions,
        _: &mut Ctx<Self>,
    ) -> Result<(), Reject> {
        if options.filter != self.filter {
            let why = "this lobby has another filter: define it with RoomDefinition::lobby";
            return Err(Reject::new(why));
        }
        Ok(())
    }

    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
        let Some(around) = surroundings() else { return };
        if self.feed.is_none() {
            self.feed = around.watch_listings();
        }
        let listed = self.feed.as_ref().and_then(ListingFeed::look);
        // What comes from outside comes as a result, so that a recording knows of it.
        if let Some(listed) = listed {
            ctx.spawn(ready(listed), |room, listed, _| room.take(listed));
        }
        self.write(&*around, ctx.room_name());
    }
}

impl Lobby {
    fn take(&mut self, listed: Listed) {
        let changed = match listed {
            Listed::Changed(changed) => changed,
            Listed::All(there) => {
                self.told.clear();
                let shown = self.rooms.iter().filter_map(|(key, _)| key.parse().ok());
                let known = shown.chain(self.left_out.keys().copied());
                let mut all: BTreeMap<_, _> = known.map(|room| (room, None)).collect();
                all.extend(there.into_iter().map(|(room, record)| (room, Some(record))));
                all
            }
        };
        self.told.extend(changed);
    }

    fn write(&mut self, around: &dyn Surroundings, own_name: &str) {
        let next = self.told.len().min(ROOMS_PER_TICK);
        let max = around.lobby_rooms_max();
        for (room, record) in self.told.drain(..next).collect::<Vec<_>>() {
            let record = record.filter(|record| {
                let is_for_players = around.is_for_players(&record.name);
                is_for_players && *record.name != *own_name && self.filter.fits(record)
            });
            match record {
                Some(record) => self.show(record, max),
                None => self.hide(room),
            }
        }
        self.fill(max);
        let left_out = u32::try_from(self.left_out.len()).unwrap_or(u32::MAX);
        if self.status.left_out != left_out {
            self.status.left_out = left_out;
        }
    }

    fn show(&mut self, record: Arc<RoomRecord>, max: usize) {
        let key = record.room.to_string();
        let is_shown = self.rooms.contains_key(&key);
        if !is_shown && self.rooms.len() >= max
            || self.rooms.insert(key, Listing::from(&*record)).is_err()
        {
            self.left_out.insert(record.room, record);
        }
    }

    fn hide(&mut self, room: RoomId) {
        self.left_out.remove(&room);
        self.rooms.remove(&room.to_string());
    }

    /// Shows rooms that were left out where others have ended.
    fn fill(&mut self, max: usize) {
        while self.rooms.len() < max
            && let Some((_, record)) = self.left_out.pop_first()
        {
            if self
                .rooms
                .insert(record.room.to_string(), Listing::from(&*record))
                .is_err()
            {
                self.left_out.insert(record.room, record);
                return;
            }
        }
    }
}

impl From<&RoomRecord> for Listing {
    fn from(record: &RoomRecord) -> Self {
        Self {
            name: record.name.to_string(),
            process_id: record.location.node.to_string(),
            clients: record.clients,
            max_clients: record.clients_max,
            locked: record.locked,
            metadata: record.metadata.to_string(),
            public_address: record
                .public_address
                .as_deref()
                .unwrap_or_default()
                .to_owned(),
        }
    }
}
