//! The list of all nodes' rooms as lobbies watch it: changes are pushed from node to node, and the
//! whole list is read now and then, in case one was missed.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use downbeat_schemas::id::RoomId;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::channels::{Address, Pair};
use super::courier::Courier;
use super::lives::Lives;
use crate::redis::Listener;
use crate::shared::record_text;
use crate::{Feeds, ListingFeed, RoomRecord};

/// Changes of a node are told so often: several of one room are one.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// Rooms in one message.
const ROOMS_MAX: usize = 64;
/// Rooms whose changes wait to be told. Beyond: the change is told with the next whole list.
const CHANGES_MAX: usize = 16_384;
/// Between two readings of the whole list, while somebody watches it.
const READ_EVERY: Duration = Duration::from_secs(10);

/// What this node has to tell of its rooms, and who watches those of all nodes. Shared between the
/// shards and the driver; locked for moments.
#[derive(Debug, Default)]
pub(super) struct Listings(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    feeds: Feeds,
    refused: u64,
    /// The watchers have yet to see any list.
    is_new: bool,
    untold: BTreeMap<RoomId, Option<Arc<RoomRecord>>>,
}

/// Changes on their way to other nodes.
#[derive(Serialize, Deserialize)]
struct Told<'a> {
    /// Records as the listing has them.
    #[serde(borrow)]
    set: Vec<&'a serde_json::value::RawValue>,
    /// Rooms that have ended.
    end: Vec<RoomId>,
}

impl Listings {
    /// A room of this node is new, or changed.
    pub(super) fn publish(&self, record: &Arc<RoomRecord>) {
        self.change(record.room, Some(Arc::clone(record)));
    }

    /// A room of this node has ended.
    pub(super) fn withdraw(&self, room: RoomId) {
        self.change(room, None);
    }

    fn change(&self, room: RoomId, record: Option<Arc<RoomRecord>>) {
        let mut state = self.lock();
        if state.untold.len() < CHANGES_MAX || state.untold.contains_key(&room) {
            state.untold.insert(room, record);
        }
    }

    /// A new watcher; `None` at `max`. It sees the whole list as soon as it was read.
    pub(super) fn watch(&self, max: u64) -> Option<ListingFeed> {
        let mut state = self.lock();
        let feed = state.feeds.watch(max, []);
        state.refused += u64::from(feed.is_none());
        state.is_new |= feed.is_some();
        feed
    }

    /// Watchers that were refused.
    pub(super) fn refused(&self) -> u64 {
        self.lock().refused
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_untold(&self) -> BTreeMap<RoomId, Option<Arc<RoomRecord>>> {
        std::mem::take(&mut self.lock().untold)
    }

    /// Whether the whole list is wanted now, or now and then, or not at all.
    fn wants(&self) -> Wants {
        let mut state = self.lock();
        if state.feeds.is_behind() || std::mem::take(&mut state.is_new) {
            return Wants::Now;
        }
        match state.feeds.is_watched() {
            true => Wants::NowAndThen,
            false => Wants::Nothing,
        }
    }

    fn repair(&self, rooms: &[Arc<RoomRecord>]) {
        self.lock().feeds.repair(rooms);
    }

    fn hear(&self, message: &[u8]) {
        let Ok(told) = serde_json::from_slice::<Told<'_>>(message) else {
            return tracing::warn!("another node tells of rooms in words that are not understood");
        };
        let records = told.set.iter();
        let records = records.filter_map(|text| record_text::read(text.get().as_bytes()).ok());
        let records: Vec<_> = records.map(Arc::new).collect();
        let mut state = self.lock();
        records
            .iter()
            .for_each(|record| state.feeds.publish(record));
        told.end.iter().for_each(|room| state.feeds.withdraw(*room));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Now,
    NowAndThen,
    Nothing,
}

/// Tells other nodes of changes, for as long as the driver runs.
pub(super) async fn tell(listings: Arc<Listings>, courier: Rc<Courier>) {
    loop {
        sleep(TELL_EVERY).await;
        let untold: Vec<_> = listings.take_untold().into_iter().collect();
        for some in untold.chunks(ROOMS_MAX) {
            // Nobody may listen; what is lost comes with the next whole list.
            courier.carry(Address::Listings, message(some)).await;
        }
    }
}

fn message(changes: &[(RoomId, Option<Arc<RoomRecord>>)]) -> Bytes {
    let records = changes.iter().filter_map(|(_, record)| record.as_ref());
    let texts = records.map(|record| {
        let text = record_text::write(record, record.created_at.0 / 1_000_000);
        let text = String::from_utf8(text).expect("JSON is UTF-8");
        serde_json::value::RawValue::from_string(text).expect("it was written as JSON")
    });
    let texts: Vec<_> = texts.collect();
    let ended = changes.iter().filter(|(_, record)| record.is_none());
    let told = Told {
        set: texts.iter().map(|text| &**text).collect(),
        end: ended.map(|(room, _)| *room).collect(),
    };
    serde_json::to_vec(&told)
        .expect("texts and numbers are JSON")
        .into()
}

/// Hears of changes and reads the whole list, while anybody here watches it.
pub(super) async fn watch(
    listings: Arc<Listings>,
    lives: Arc<Lives>,
    listener: Listener,
    courier: Rc<Courier>,
) {
    let hearing = hear(Arc::clone(&listings), listener.clone());
    let reading = read(listings, lives, listener, courier);
    tokio::join!(hearing, reading);
}

async fn hear(listings: Arc<Listings>, listener: Listener) {
    loop {
        let (_, message) = listener.next().await;
        listings.hear(&message);
    }
}

async fn read(
    listings: Arc<Listings>,
    lives: Arc<Lives>,
    listener: Listener,
    courier: Rc<Courier>,
) {
    let mut subscribed: Option<Pair> = None;
    let mut since_read = READ_EVERY;
    loop {
        let wants = listings.wants();
        if wants == Wants::Nothing {
            follow(&listener, &mut subscribed, None);
        } else {
            follow(
                &listener,
                &mut subscribed,
                Some(courier.pair(Address::Listings)),
            );
        }
        if wants == Wants::Now || (wants == Wants::NowAndThen && since_read >= READ_EVERY) {
            if let Some(rooms) = lives.present().records_of_all().await {
                listings.repair(&rooms);
            }
            since_read = Duration::ZERO;
        }
        sleep(TELL_EVERY).await;
        since_read += TELL_EVERY;
    }
}

fn follow(listener: &Listener, subscribed: &mut Option<Pair>, wanted: Option<Pair>) {
    if *subscribed == wanted {
        return;
    }
    let former = std::mem::replace(subscribed, wanted);
    for pair in former.iter() {
        channels(pair).for_each(|channel| listener.unsubscribe(channel));
    }
    for pair in subscribed.iter() {
        channels(pair).for_each(|channel| listener.subscribe(channel));
    }
}

fn channels(pair: &Pair) -> impl Iterator<Item = &Vec<u8>> {
    std::iter::once(&pair.first).chain(&pair.second)
}
