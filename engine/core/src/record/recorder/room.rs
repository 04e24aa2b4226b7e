//! A recorded room is a room.

use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::time::{Tick, Timestamp};

use super::Recorder;
use crate::host::{
    Action, AnyRoom, ConnectError, Counters, Description, Finished, FreezeError, Outlet, Received,
    Reservation, ReserveError, RoomSize, RoomState, RoomSummary, SeatIndex, Seated, Spawned,
    Stepped, Stopwatch,
};
use crate::record::{Ending, Entry};

/// Each call that changes the room is written down, in the order in which they are made.
impl AnyRoom for Recorder {
    fn room_id(&self) -> RoomId {
        self.room.room_id()
    }

    fn reserve(&mut self, now: Timestamp, reservation: Reservation) -> Result<(), ReserveError> {
        self.note_reservation(now, &reservation);
        self.room.reserve(now, reservation)
    }

    fn connect(
        &mut self,
        now: Timestamp,
        session: SessionId,
        connection: ConnectionId,
    ) -> Result<SeatIndex, ConnectError> {
        self.push(&Entry::Connect {
            now,
            session,
            connection,
        });
        self.room.connect(now, session, connection)
    }

    fn reconnect(
        &mut self,
        now: Timestamp,
        session: SessionId,
        token: ReconnectionToken,
        next_token: ReconnectionToken,
        connection: ConnectionId,
    ) -> Result<SeatIndex, ConnectError> {
        self.push(&Entry::Reconnect {
            now,
            session,
            token,
            next_token,
            connection,
        });
        let room = &mut self.room;
        room.reconnect(now, session, token, next_token, connection)
    }

    fn can_reconnect(&self, now: Timestamp, token: ReconnectionToken) -> Option<SessionId> {
        self.room.can_reconnect(now, token)
    }

    fn receive(&mut self, now: Timestamp, seat: SeatIndex, message: ClientMessage<'_>) -> Received {
        let received = self.room.receive(now, seat, message);
        // What was dropped, malformed or late changed nothing: a flood does not fill the disk.
        if matches!(received, Received::Queued | Received::Leaving) {
            self.note_message(seat, message);
        }
        received
    }

    fn hear(&mut self, now: Timestamp, topic: &str, payload: &[u8]) -> Received {
        let received = self.room.hear(now, topic, payload);
        if received == Received::Queued {
            self.push(&Entry::Hear { topic, payload });
        }
        received
    }

    fn topics(&mut self) -> Option<Vec<String>> {
        self.room.topics()
    }

    fn disconnect(&mut self, now: Timestamp, seat: SeatIndex, consented: bool) {
        self.push(&Entry::Disconnect { seat, consented });
        self.room.disconnect(now, seat, consented);
    }

    fn deadline(&self) -> Timestamp {
        self.room.deadline()
    }

    fn step_timed(&mut self, now: Timestamp, stopwatch: &mut dyn Stopwatch) -> Stepped {
        self.push(&Entry::Step { now });
        let stepped = self.room.step_timed(now, stopwatch);
        self.tick = Tick(stepped.first.0 + u64::from(stepped.ran)).before();
        self.stepped = Some(now);
        stepped
    }

    fn flush(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        self.room.flush(now, outlet);
        let stepped = self.stepped.take();
        if let (Some(stepped), Some(_)) = (stepped, &self.plan) {
            self.close_step(stepped);
        }
    }

    fn pause(&mut self, seat: SeatIndex) {
        self.push(&Entry::Pause { seat });
        self.room.pause(seat);
    }

    fn resync(&mut self, seat: SeatIndex) {
        self.push(&Entry::Resync { seat });
        self.room.resync(seat);
    }

    fn summary(&mut self) -> Option<RoomSummary> {
        self.room.summary()
    }

    fn take_spawned(&mut self) -> Vec<Spawned> {
        self.room.take_spawned()
    }

    fn finish_spawned(&mut self, finished: Finished) {
        self.end(Ending::Spawned);
        self.last.break_off();
        self.room.finish_spawned(finished);
    }

    fn shut_down(&mut self, now: Timestamp) {
        self.push(&Entry::ShutDown { now });
        self.room.shut_down(now);
        self.end(Ending::RoomEnded);
    }

    fn act(&mut self, now: Timestamp, action: &Action) -> bool {
        self.push(&Entry::from(action));
        let done = self.room.act(now, action);
        if *self.room.state() != RoomState::Running {
            self.end(Ending::RoomEnded);
        }
        done
    }

    fn describe(&self, bytes_max: usize) -> Description {
        self.room.describe(bytes_max)
    }

    fn state(&self) -> &RoomState {
        self.room.state()
    }

    fn take_counters(&mut self) -> Counters {
        self.room.take_counters()
    }

    fn seated(&self) -> Vec<Seated> {
        self.room.seated()
    }

    fn rebind(&mut self, seat: SeatIndex, connection: ConnectionId) {
        self.push(&Entry::Rebind { seat, connection });
        self.room.rebind(seat, connection);
    }

    fn freeze_into(&self, now: Timestamp, bytes: &mut Vec<u8>) -> Result<(), FreezeError> {
        self.room.freeze_into(now, bytes)
    }

    fn size(&self) -> RoomSize {
        self.room.size()
    }

    fn to_json(&self) -> Result<serde_json::Value, String> {
        self.room.to_json()
    }
}
