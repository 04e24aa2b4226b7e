//! What one client knows of its room: no socket, no clock.

use std::time::Duration;

use downbeat_schemas::reflect::StateSchema;
use downbeat_schemas::rows::Sections;
use downbeat_schemas::server::{ServerMessage, Stamp, Welcome};
use downbeat_schemas::time::Timestamp;

use super::acks::Acks;
use super::dice::Dice;
use super::fault::Fault;
use super::input::{Heading, InputFrame};
use super::meter::Meter;

const SECOND_NS: u64 = 1_000_000_000;

/// The messages of one client, from its Welcome on.
#[derive(Debug)]
pub(super) struct Player {
    expects: Expects,
    acks: Acks,
    heading: Heading,
    /// The arrival of the newest patch or snapshot.
    state_at: Timestamp,
    /// The last input was sent then. What it was upon is known when a later state is read: an
    /// earlier one may still lie in the socket.
    acted_at: Option<Timestamp>,
    patch_period_ns: u64,
    /// Patches inside the window.
    patches: u32,
    /// Whether all rows are decoded, and then how.
    verifies: bool,
    schema: Option<Box<StateSchema>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    Welcome,
    Snapshot,
    Anything,
}

/// What a message means for the client's stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Ordinary,
    /// The first snapshot: it plays now.
    Joined,
}

impl Player {
    pub(super) fn new(input_period_ns: u64, verifies: bool, dice: &mut Dice) -> Self {
        Self {
            expects: Expects::Welcome,
            acks: Acks::new(input_period_ns),
            heading: Heading::random(dice),
            state_at: Timestamp(0),
            acted_at: None,
            patch_period_ns: 0,
            patches: 0,
            verifies,
            schema: None,
        }
    }

    /// Reads one message of the server.
    pub(super) fn hear(
        &mut self,
        bytes: &[u8],
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Heard, Fault> {
        let message = ServerMessage::decode(bytes)?;
        match (self.expects, message) {
            (Expects::Anything, ServerMessage::Patch { stamp, rows }) => {
                self.on_patch(bytes.len(), now, meter);
                self.on_state(stamp, rows, now, meter);
            }
            (Expects::Anything, ServerMessage::Snapshot { stamp, rows }) => {
                meter.snapshot(now);
                self.on_state(stamp, rows, now, meter);
            }
            (Expects::Snapshot, ServerMessage::Snapshot { stamp, rows }) => {
                self.expects = Expects::Anything;
                self.state_at = now;
                self.on_state(stamp, rows, now, meter);
                return Ok(Heard::Joined);
            }
            (Expects::Welcome, ServerMessage::Welcome(welcome)) => self.on_welcome(*welcome),
            (Expects::Snapshot | Expects::Anything, ServerMessage::Event { .. })
            | (Expects::Snapshot | Expects::Anything, ServerMessage::RawEvent { .. }) => {
                meter.event(now);
            }
            (Expects::Anything, ServerMessage::Pong { .. }) => {}
            (expects, message) => return Err(out_of_order(expects, &message)),
        }
        Ok(Heard::Ordinary)
    }

    /// The arrival of the newest patch or snapshot.
    pub(super) const fn state_at(&self) -> Timestamp {
        self.state_at
    }

    /// From one patch to the next, if each tick has something to say.
    pub(super) const fn patch_period(&self) -> Duration {
        Duration::from_nanos(self.patch_period_ns)
    }

    /// Whether it sends at least as often as it hears.
    pub(super) const fn hears_between_inputs(&self) -> bool {
        let input_period_ns = self.acks.period_ns();
        0 < input_period_ns && input_period_ns <= self.patch_period_ns
    }

    pub(super) const fn is_playing(&self) -> bool {
        matches!(self.expects, Expects::Anything)
    }

    /// The frame of the input that should be sent at `intended`.
    pub(super) fn input<'f>(
        &mut self,
        intended: Timestamp,
        frame: &'f mut InputFrame,
        dice: &mut Dice,
    ) -> &'f [u8] {
        self.heading.wander(dice);
        frame.write(self.acks.number(intended), self.heading, dice.mask())
    }

    /// An input is sent at `now`, upon the newest state that came before.
    pub(super) fn act(&mut self, now: Timestamp, meter: &mut Meter) {
        self.settle_act(meter);
        self.acted_at = Some(now);
    }

    /// The input that should be sent at `intended` is not: its number is used up, and the answer
    /// to a later one answers it.
    pub(super) fn skip_input(&mut self, intended: Timestamp) {
        self.acks.number(intended);
    }

    /// Patches that came inside the window.
    pub(super) const fn patches(&self) -> u32 {
        self.patches
    }

    /// The client is given up, or the window closes: what was awaited is counted. Gives the
    /// patches that came inside the window.
    pub(super) fn finish(&mut self, now: Timestamp, meter: &mut Meter) -> u32 {
        self.settle_act(meter);
        // Where this client moves, each patch has something to say; else silence may be right.
        if self.acks.is_begun() {
            meter.open_gap(self.state_at, self.patch_period_ns, now);
        }
        for intended in self.acks.unanswered() {
            meter.unanswered(intended, self.patch_period_ns, now);
        }
        self.patches
    }

    fn on_welcome(&mut self, welcome: Welcome) {
        let patch_every = u64::from(welcome.patch_every.max(1));
        self.patch_period_ns = SECOND_NS * patch_every / u64::from(welcome.tick_hz.max(1));
        self.schema = self.verifies.then(|| Box::new(welcome.schema));
        self.expects = Expects::Snapshot;
    }

    fn on_patch(&mut self, bytes: usize, now: Timestamp, meter: &mut Meter) {
        self.patches += u32::from(meter.window.contains(now));
        meter.patch(bytes, now);
    }

    /// All that came before the last input is read.
    fn settle_act(&mut self, meter: &mut Meter) {
        if let Some(acted_at) = self.acted_at.take() {
            meter.acts(self.state_at, acted_at);
        }
    }

    /// Faults here are counted; the client plays on.
    fn on_state(&mut self, stamp: Stamp, rows: &[u8], now: Timestamp, meter: &mut Meter) {
        if self.acted_at.is_some_and(|acted_at| acted_at < now) {
            self.settle_act(meter);
        }
        meter.state(self.state_at, now);
        self.state_at = now;
        match self.acks.acknowledge(stamp.acked_input) {
            Ok(answered) => answered.for_each(|intended| meter.answer(intended, now)),
            Err(error) => meter.faults.count(&error.into()),
        }
        if let Some(schema) = &self.schema {
            let sections = Sections::new(rows, schema);
            let errors = sections.filter_map(Result::err);
            errors.for_each(|error| meter.faults.count(&error.into()));
        }
    }
}

fn out_of_order(expects: Expects, message: &ServerMessage<'_>) -> Fault {
    let expected = match expects {
        Expects::Welcome => "Welcome",
        Expects::Snapshot => "Snapshot",
        Expects::Anything => "Patch",
    };
    let found = match message {
        ServerMessage::Welcome(_) => "Welcome",
        ServerMessage::Snapshot { .. } => "Snapshot",
        ServerMessage::Patch { .. } => "Patch",
        ServerMessage::Event { .. } => "Event",
        ServerMessage::RawEvent { .. } => "RawEvent",
        ServerMessage::Pong { .. } => "Pong",
    };
    Fault::OutOfOrder { found, expected }
}

#[cfg(test)]
mod tests {
    use super::super::meter::Window;
    use super::*;
    use downbeat_schemas::id::{ReconnectionToken, RoomId, SessionId};
    use flatbuffers::FlatBufferBuilder;

    const MS: u64 = 1_000_000;
    const INPUT_PERIOD_NS: u64 = 50 * MS;

    fn at(ms: u64) -> Timestamp {
        Timestamp(ms * MS)
    }

    struct Scene {
        player: Player,
        meter: Meter,
        dice: Dice,
    }

    impl Scene {
        fn new() -> Self {
            let mut dice = Dice::new(1);
            let mut meter = Meter::new();
            meter.window = Window {
                opens: at(0),
                closes: at(10_000),
            };
            let player = Player::new(INPUT_PERIOD_NS, true, &mut dice);
            Self {
                player,
                meter,
                dice,
            }
        }

        fn joined() -> Self {
            let mut scene = Self::new();
            scene.hear(0, &welcome()).unwrap();
            assert_eq!(scene.hear(0, &snapshot(0)).unwrap(), Heard::Joined);
            scene
        }

        fn hear(&mut self, ms: u64, message: &ServerMessage<'_>) -> Result<Heard, Fault> {
            let mut fbb = FlatBufferBuilder::new();
            let bytes = message.encode(&mut fbb);
            self.player.hear(bytes, at(ms), &mut self.meter)
        }

        fn send(&mut self, ms: u64) {
            let mut frame = InputFrame::default();
            self.player.input(at(ms), &mut frame, &mut self.dice);
        }

        fn faults(&self) -> Vec<&str> {
            self.meter
                .faults
                .counts
                .keys()
                .map(String::as_str)
                .collect()
        }
    }

    fn stamp(acked_input: u32) -> Stamp {
        Stamp {
            acked_input,
            ..Stamp::default()
        }
    }

    fn snapshot(acked_input: u32) -> ServerMessage<'static> {
        let stamp = stamp(acked_input);
        ServerMessage::Snapshot { stamp, rows: &[] }
    }

    fn patch(acked_input: u32, rows: &[u8]) -> ServerMessage<'_> {
        let stamp = stamp(acked_input);
        ServerMessage::Patch { stamp, rows }
    }

    fn welcome() -> ServerMessage<'static> {
        ServerMessage::Welcome(Box::new(Welcome {
            protocol: downbeat_schemas::PROTOCOL,
            session: SessionId(1),
            reconnection_token: ReconnectionToken(2),
            room: RoomId(3),
            room_name: "arena".into(),
            tick_hz: 20,
            patch_every: 1,
            stamp: Stamp::default(),
            schema: StateSchema::default(),
        }))
    }

    #[test]
    fn patches_and_answers_are_timed() {
        let mut scene = Scene::joined();
        scene.send(10);
        scene.send(60);
        scene.hear(50, &patch(0, &[])).unwrap();
        scene.hear(110, &patch(2, &[])).unwrap();
        let gaps = &scene.meter.inter_arrival;
        assert_eq!((gaps.len(), gaps.max() / 1_000), (3, 60));
        let answers = &scene.meter.input_to_state;
        assert_eq!((answers.len(), answers.max() / 1_000), (2, 100));
        assert_eq!(scene.player.finish(at(200), &mut scene.meter), 2);
        assert!(scene.faults().is_empty());
    }

    #[test]
    fn the_age_of_a_state_counts_from_the_newest_that_had_come() {
        let mut scene = Scene::joined();
        scene.player.act(at(45), &mut scene.meter);
        scene.hear(50, &patch(0, &[])).unwrap();
        scene.player.act(at(99), &mut scene.meter);
        // Came before, and is read after.
        scene.hear(90, &patch(0, &[])).unwrap();
        scene.hear(140, &patch(0, &[])).unwrap();
        let ages = scene.meter.patch_age.iter_recorded();
        let ages: Vec<u64> = ages.map(|age| age.value_iterated_to() / 1_000).collect();
        assert_eq!(ages, [9, 45]);
    }

    #[test]
    fn silence_is_a_gap_only_where_somebody_plays() {
        for (plays, gaps) in [(false, 0), (true, 1)] {
            let mut scene = Scene::joined();
            scene.meter.inter_arrival.reset();
            if plays {
                scene.send(10);
            }
            scene.player.finish(at(9_000), &mut scene.meter);
            assert_eq!(scene.meter.inter_arrival.len(), gaps);
        }
    }

    #[test]
    fn a_join_is_a_welcome_then_a_snapshot() {
        for (order, expected) in [
            (vec![snapshot(0)], "a Snapshot where a Welcome"),
            (vec![welcome(), patch(0, &[])], "a Patch where a Snapshot"),
            (
                vec![welcome(), snapshot(0), welcome()],
                "a Welcome where a Patch",
            ),
        ] {
            let mut scene = Scene::new();
            let (last, before) = order.split_last().unwrap();
            for message in before {
                scene.hear(0, message).unwrap();
            }
            let fault = scene.hear(0, last).unwrap_err().to_string();
            assert!(fault.contains(expected), "{fault}");
        }
    }

    #[test]
    fn what_a_patch_has_wrong_is_counted() {
        let mut scene = Scene::joined();
        scene.hear(50, &patch(1, &[0, 1, 0])).unwrap();
        let faults = [
            "rows: table 0 is not in the schema",
            "stamp: acked_input names an input that was never sent",
        ];
        assert_eq!(scene.faults(), faults);
    }
}
