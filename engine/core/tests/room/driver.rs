//! Random days of a room: everything that can happen to it, in any order.

use std::collections::{BTreeMap, BTreeSet};

use downbeat::host::{ReserveError, RoomState, RoomSummary};
use downbeat::testing::TestRoom;
use downbeat::{GroupId, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::rows::Value;
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

use crate::probe::{Input, Note, Options, Probe, topic};

/// A room with its clients and the dice that move them.
pub(crate) struct Driver {
    pub(crate) room: TestRoom<Probe>,
    random: Pcg64,
    sessions: Vec<SessionId>,
    paused: BTreeSet<SessionId>,
    summary: RoomSummary,
    /// Whether the room is frozen and thawed now and then.
    freezes: bool,
}

impl Driver {
    pub(crate) fn new(seed: u64, freezes: bool) -> Self {
        let mut random = Pcg64::seed_from_u64(seed);
        let options = Options {
            hold_ms: u64::from(random.next_u32() % 4) * 200,
            stay: true,
            ..Options::default()
        };
        let limits = Limits {
            inbox_max: 40,
            inbox_per_client_max: 9,
            watches_max: 4,
            topics_max: 3,
            topic_messages_max: 4,
            seat_reservation_ms: 700,
            ..Limits::default()
        };
        let mut room = TestRoom::create(seed, options, limits).unwrap();
        let summary = room.summary().unwrap();
        Self {
            room,
            random,
            sessions: Vec::new(),
            paused: BTreeSet::new(),
            summary,
            freezes,
        }
    }

    /// One thing happens.
    pub(crate) fn act(&mut self) {
        match self.below(24) {
            0 | 1 => self.arrive(),
            2 => self.claim_late(),
            3 => self.with_any(|room, session| room.drop_connection(session)),
            4 | 5 => self.reconnect(),
            6 if self.below(3) == 0 => self.with_any(|room, session| room.leave(session)),
            7 => self.pause(),
            8 => self.resync(),
            9..=16 => self.send(),
            17 => {
                let len = self.below(20) as usize;
                self.with_any(|room, session| drop(room.send_bytes(session, &vec![7; len])));
            }
            18 if self.below(4) == 0 => self.run_late(),
            19 => self.publish(),
            _ => self.tick(),
        }
    }

    /// The server stops: everybody who joined has left, once.
    pub(crate) fn finish(&mut self) {
        self.room.shut_down();
        check_stories(&self.room.state().notes, true);
    }

    /// All that clients were told.
    pub(crate) fn told(&self) -> Vec<&[Vec<u8>]> {
        let sessions = self.sessions.iter();
        sessions
            .map(|session| self.room.client(*session).messages())
            .collect()
    }

    fn arrive(&mut self) {
        let options = Options {
            refuse: self.below(6) == 0,
            ..Options::default()
        };
        match self.room.reserve(options, None) {
            Ok(session) => {
                assert!(self.summary.joinable());
                self.sessions.push(session);
                if self.below(5) > 0 {
                    self.room.claim(session).unwrap();
                }
            }
            Err(ReserveError::Full { clients_max }) => {
                assert!(self.summary.clients >= clients_max);
            }
            Err(error) => assert_eq!(error, ReserveError::Locked),
        }
        self.note_summary();
    }

    fn claim_late(&mut self) {
        // Mostly refused: claimed before, expired, or gone.
        self.with_any(|room, session| {
            let _ = room.claim(session);
        });
    }

    fn reconnect(&mut self) {
        if let Some(session) = self.any_session()
            && self.room.client(session).token().is_some()
            && self.room.reconnect(session).is_ok()
        {
            self.paused.remove(&session);
        }
    }

    fn pause(&mut self) {
        if let Some((session, seat)) = self.any_seat() {
            self.room.any().pause(seat);
            self.paused.insert(session);
        }
    }

    fn resync(&mut self) {
        if let Some((session, seat)) = self.any_seat() {
            self.room.any().resync(seat);
            self.paused.remove(&session);
        }
    }

    fn send(&mut self) {
        let times = if self.below(20) == 0 { 30 } else { 1 };
        for _ in 0..times {
            let input = self.input();
            self.with_any(|room, session| drop(room.send(session, &input)));
        }
    }

    /// A program of the game, or another room.
    fn publish(&mut self) {
        let (number, times) = (self.below(4) as u32, self.below(6));
        for _ in 0..times {
            let presence = self.room.presence();
            presence.tell(&topic(number), b"from outside").unwrap();
        }
    }

    fn tick(&mut self) {
        self.freeze_sometimes();
        self.room.tick(1);
        self.check();
    }

    fn run_late(&mut self) {
        self.freeze_sometimes();
        let late = self.below(12) as u32;
        let stepped = self.room.step_late(late);
        assert_eq!(
            u64::from(stepped.ran) + stepped.skipped,
            u64::from(late) + 1
        );
        assert!(stepped.ran <= 5);
        self.check();
    }

    /// With dice of its own, so that the room's day is the same without.
    fn freeze_sometimes(&mut self) {
        if self.freezes && self.room.now().0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 62 == 0 {
            self.room.freeze_and_thaw();
        }
    }

    fn check(&mut self) {
        assert_eq!(*self.room.room_state(), RoomState::Running);
        check_stories(&self.room.state().notes, false);
        self.note_summary();
        for session in self.sessions.clone() {
            self.check_view(session);
        }
    }

    /// What a client sees is what it is to see.
    fn check_view(&self, session: SessionId) {
        let probe = self.room.state();
        let Some(watches) = probe.watches.get(&session) else {
            return;
        };
        if !self.room.client(session).is_connected() || self.paused.contains(&session) {
            return;
        }
        let view = self.room.view(session);
        let players = probe.players.iter().map(|(session, player)| {
            let fields = vec![
                Value::Float(player.x.into()),
                Value::Unsigned(player.inputs.into()),
            ];
            (session.0, fields)
        });
        assert_eq!(rows(view.rows("players").unwrap()), players.collect());
        let seen = |group: GroupId| group == GroupId::EVERYONE || watches.contains(&group);
        let marks = probe.marks.iter();
        let marks = marks.filter(|(key, _)| seen(probe.marks.group(*key).unwrap()));
        let marks =
            marks.map(|(key, mark)| (u64::from(*key), vec![Value::Unsigned(mark.value.into())]));
        assert_eq!(rows(view.rows("marks").unwrap()), marks.collect());
        let total = &view.single("total").unwrap().fields;
        assert_eq!(*total, [Value::Unsigned(probe.total.value.into())]);
    }

    fn note_summary(&mut self) {
        if let Some(summary) = self.room.summary() {
            self.summary = summary;
        }
    }

    fn input(&mut self) -> Input {
        let number = self.below(6) as u32;
        let group = GroupId(self.below(5) as u32);
        match self.below(46) {
            40..=42 => Input::Subscribe(number % 4),
            43 if number == 0 => Input::Unsubscribe(self.below(4) as u32),
            43..=45 => Input::Publish(number % 4, vec![9; number as usize]),
            0..=9 => Input::Run {
                dx: number as f32 / 4.0,
            },
            10 => Input::Say("to all".to_owned()),
            11 => Input::SayToOthers("to others".to_owned()),
            12 => Input::Shout(vec![1, 2, 3]),
            13..=15 => Input::Mark(number, self.below(100) as u32),
            16 => Input::Erase(number),
            17..=20 => Input::Place(number, group),
            21..=24 => Input::Watch(group),
            25 | 26 => Input::Unwatch(group),
            27 => Input::TellGroup(group),
            28 => Input::After(number * 40),
            29 if self.below(4) == 0 => Input::Every(number * 90),
            30 => Input::CancelAll,
            31 => Input::Lock(number == 0),
            32 => Input::ClientsMax(number + 1),
            33 if self.below(6) == 0 => Input::KickAll,
            34 => self.any_session().map_or(Input::Draw, Input::Kick),
            35 => self.any_session().map_or(Input::Draw, |session| {
                Input::Whisper(session, "psst".to_owned())
            }),
            _ => Input::Draw,
        }
    }

    fn with_any(&mut self, act: impl FnOnce(&mut TestRoom<Probe>, SessionId)) {
        if let Some(session) = self.any_session() {
            act(&mut self.room, session);
        }
        self.note_summary();
    }

    fn any_session(&mut self) -> Option<SessionId> {
        // The latest ones: most of the earlier ones are gone.
        let recent = self.sessions.len().min(8);
        let place = self.below(recent.max(1) as u64) as usize;
        self.sessions.iter().rev().nth(place).copied()
    }

    fn any_seat(&mut self) -> Option<(SessionId, downbeat::host::SeatIndex)> {
        let session = self.any_session()?;
        let seated = self.room.any().seated();
        let seat = seated.iter().find(|seated| seated.session == session)?;
        Some((session, seat.seat))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random.next_u64() % end
    }
}

fn rows(
    rows: &BTreeMap<downbeat::Slot, downbeat_schemas::mirror::Row>,
) -> BTreeMap<u64, Vec<Value>> {
    let key = |key: &Option<Value>| match key {
        Some(Value::Session(session)) => session.0,
        Some(Value::Unsigned(key)) => *key,
        key => panic!("{key:?}"),
    };
    let rows = rows.values().map(|row| (key(&row.key), row.fields.clone()));
    rows.collect()
}

/// Each session's story is: join, then anything, then at most one leave, which is the end.
fn check_stories(notes: &[Note], over: bool) {
    let mut here = BTreeSet::new();
    let mut away = BTreeSet::new();
    let mut gone = BTreeSet::new();
    for note in notes {
        match note {
            Note::Join(session) => assert!(here.insert(*session) && !gone.contains(session)),
            Note::Input(session) | Note::Bytes(session, _) => assert!(here.contains(session)),
            Note::Drop(session) => assert!(here.contains(session) && away.insert(*session)),
            Note::Reconnect(session) => {
                assert!(here.contains(session));
                away.remove(session);
            }
            Note::Leave(session, _) => {
                assert!(here.remove(session) && gone.insert(*session));
                away.remove(session);
            }
            Note::Refuse(session) => assert!(!here.contains(session) && gone.insert(*session)),
            Note::Message(..) | Note::Timer(..) | Note::Spawned(_) | Note::Dispose => {}
        }
    }
    assert!(!over || here.is_empty(), "who joined has left");
}
