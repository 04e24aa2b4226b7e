//! How a node answers its monitor: by the clerk, by the registry and by its shards.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use downbeat_cluster::RoomRecord;
use downbeat_core::host::{Action, surround};
use downbeat_schemas::id::{RoomId, ShardId};
use downbeat_schemas::time::Timestamp;
use futures_channel::oneshot;

use super::ROOM_NAME;
use super::backstage::{Backstage, Did, Later, RoomView, SharedBackstage, View};
use super::rows::whole;
use super::words::{ClientDetail, Detail, TicksDetail};
use crate::capture::CapturedTick;
use crate::desk::Desk;
use crate::link::{Command, Question, RoomDetail, SeatDetail, Survey};

/// How long an answer may take. A shard that is held up must not hold up the figures of the others.
const PATIENCE: Duration = Duration::from_millis(800);

/// A shard's way to all others.
struct NodeBackstage(Rc<Desk>);

/// Lets the monitor's room on this thread see the node, and act on it.
pub(crate) fn open_backstage(desk: &Rc<Desk>) {
    surround::<SharedBackstage>(Rc::new(NodeBackstage(Rc::clone(desk))));
}

impl Backstage for NodeBackstage {
    fn look(&self, since: u64) -> Later<View> {
        let desk = Rc::clone(&self.0);
        Box::pin(async move { look(&desk, since).await })
    }

    fn describe(&self, room: RoomId) -> Later<Option<Detail>> {
        let desk = Rc::clone(&self.0);
        Box::pin(async move {
            let record = desk.node.registry.locate(room).await.ok()??;
            let question = |reply| Question::Describe(room, reply);
            let detail = ask(&desk, record.location.shard, deadline(&desk), question).await;
            let definition = desk.node.definitions.get(&record.name);
            let tick_hz = definition.map_or(0, |found| found.room_type().tick_hz());
            Some(tell(room, tick_hz, *detail??))
        })
    }

    fn act(&self, room: RoomId, action: Action) -> Later<bool> {
        let desk = Rc::clone(&self.0);
        Box::pin(async move {
            let Ok(Some(record)) = desk.node.registry.locate(room).await else {
                return false;
            };
            let question = |reply| Question::Act(room, action, reply);
            let done = ask(&desk, record.location.shard, deadline(&desk), question).await;
            done.unwrap_or(false)
        })
    }

    fn record(&self, room: RoomId, on: bool) -> Later<Result<(), String>> {
        let desk = Rc::clone(&self.0);
        Box::pin(async move {
            let recorded = desk.node.record(room, on).await;
            recorded.map_err(|error| error.to_string())
        })
    }

    fn captures(&self) -> Later<Option<Vec<CapturedTick>>> {
        let desk = Rc::clone(&self.0);
        Box::pin(async move { desk.node.scribe.captures().await })
    }

    fn slow_tick_ms(&self) -> u32 {
        let capture = &self.0.node.settings.capture;
        let slow_tick = capture.folder.as_ref().map(|_| capture.slow_tick);
        slow_tick.map_or(0, |slow_tick| whole(slow_tick.as_millis()))
    }
}

async fn look(desk: &Desk, since: u64) -> View {
    let deadline = deadline(desk);
    let sight = desk
        .alarms
        .within(deadline, desk.node.clerk.look(since))
        .await;
    let surveys = survey(desk, deadline).await;
    let mut records = desk.node.registry.records().await;
    records.retain(|record| *record.name != *ROOM_NAME);
    let rooms_max = desk.node.settings.limits.monitor_rooms_max as usize;
    let rooms_left_out = records.len().saturating_sub(rooms_max);
    if rooms_left_out > 0 {
        records.sort_unstable_by_key(|record| (std::cmp::Reverse(record.clients), record.room));
        records.truncate(rooms_max);
    }
    let rooms = records.iter().map(|record| view(record, &surveys));
    View {
        process: desk.node.id.to_string(),
        sight: sight.ok().flatten(),
        rooms: rooms.collect(),
        rooms_left_out: rooms_left_out as u64,
    }
}

/// How each room did; without those of shards that do not answer.
async fn survey(desk: &Desk, deadline: Timestamp) -> BTreeMap<RoomId, Did> {
    let shards = (0..).map(ShardId).take(desk.node.links.len());
    // All are asked before the first answer is awaited.
    let answers: Vec<_> = shards
        .filter_map(|shard| put(desk, shard, Question::Survey))
        .collect();
    let mut did = BTreeMap::new();
    for answer in answers {
        let survey = desk.alarms.within(deadline, answer).await;
        if let Ok(Ok(Survey { elapsed, rooms })) = survey {
            did.extend(rooms.into_iter().map(|room| {
                let did = Did {
                    tally: room.tally,
                    elapsed,
                    is_recorded: room.is_recorded,
                };
                (room.room, did)
            }));
        }
    }
    did
}

fn view(record: &RoomRecord, did: &BTreeMap<RoomId, Did>) -> RoomView {
    RoomView {
        id: record.room,
        name: record.name.clone(),
        shard: record.location.shard,
        clients: record.clients,
        clients_max: record.clients_max,
        // A full room is not joinable either, and says so by its seats.
        locked: record.locked && record.clients < record.clients_max,
        private: record.private,
        created: record.created_at.since(Timestamp::default()),
        did: did.get(&record.room).copied(),
    }
}

fn tell(room: RoomId, tick_hz: u16, detail: RoomDetail) -> Detail {
    let RoomDetail {
        description,
        seats,
        is_recorded,
        ticks,
        watched,
    } = detail;
    Detail {
        room: room.to_string(),
        tick: description.tick.0,
        tick_hz,
        clients_max: description.clients_max,
        locked: description.locked,
        recorded: is_recorded,
        metadata: description.metadata,
        clients: seats.into_iter().map(tell_of_client).collect(),
        clients_left_out: description.seats_left_out,
        tables: description.tables,
        ticks: TicksDetail {
            watched_ms: u64::try_from(watched.as_millis()).unwrap_or(u64::MAX),
            count: ticks.duration.histogram.len(),
            duration: (&ticks.duration.histogram).into(),
            completion: (&ticks.completion_lateness.histogram).into(),
        },
    }
}

fn tell_of_client(client: SeatDetail) -> ClientDetail {
    let SeatDetail {
        seat,
        address,
        queued_bytes,
    } = client;
    ClientDetail {
        session: seat.session.to_string(),
        phase: seat.phase,
        address: address.map(|address| address.to_string()),
        queued_bytes,
    }
}

fn deadline(desk: &Desk) -> Timestamp {
    desk.node.clock.now().after(PATIENCE)
}

/// Puts a question to a shard and waits for its answer; none if it does not come in time.
async fn ask<T>(
    desk: &Desk,
    shard: ShardId,
    deadline: Timestamp,
    question: impl FnOnce(oneshot::Sender<T>) -> Question,
) -> Option<T> {
    let answer = put(desk, shard, question)?;
    desk.alarms.within(deadline, answer).await.ok()?.ok()
}

fn put<T>(
    desk: &Desk,
    shard: ShardId,
    question: impl FnOnce(oneshot::Sender<T>) -> Question,
) -> Option<oneshot::Receiver<T>> {
    let (reply, answer) = oneshot::channel();
    let command = Command::Answer(question(reply));
    desk.node.link(shard).send(command).ok()?;
    Some(answer)
}
