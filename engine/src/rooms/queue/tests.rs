//! Queues under a fake clock.

use std::rc::Rc;
use std::time::Duration;

use downbeat_cluster::queue::{CLAIM, Queues, STAY};
use downbeat_core::SessionId;
use downbeat_core::host::CreateError;
use downbeat_core::testing::TestRoom;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::rows::Value as Field;
use serde_json::{Value, json};

use super::{Queue, QueueEvent, QueueRules};
use crate::link::Refusal;
use crate::surroundings::fake::{Fake, Fate};

/// The rooms of one queue, ticking together.
struct Hall {
    fake: Rc<Fake>,
    rooms: Vec<TestRoom<Queue>>,
}

/// Ticks of a room within this time.
fn ticks(time: Duration) -> u32 {
    let hz = 10;
    time.as_secs() as u32 * hz
}

fn duel() -> QueueRules {
    QueueRules::new("arena", 2).rank_window(50.0, 10.0, 200.0)
}

impl Hall {
    fn new(rules: QueueRules, rooms: u64) -> Self {
        Self::with_limits(rules, rooms, Limits::default())
    }

    fn with_limits(rules: QueueRules, rooms: u64, limits: Limits) -> Self {
        let fake = Fake::surround(Some(rules), limits);
        let rooms = (0..rooms).map(|number| {
            let mut room = TestRoom::new(number, json!({}));
            // Sessions of different rooms are different ones: test rooms draw alike.
            for _ in 0..number * 10 {
                room.reserve(json!({}), None).unwrap();
            }
            room
        });
        let rooms = rooms.collect();
        Self { fake, rooms }
    }

    fn tick(&mut self, ticks: u32) {
        for _ in 0..ticks {
            let now = self.fake.now.get();
            self.fake.now.set(now.after(Duration::from_millis(100)));
            self.rooms.iter_mut().for_each(|room| room.tick(1));
        }
    }

    fn join(&mut self, room: usize, rank: f64) -> SessionId {
        let options = json!({ "rank": rank, "skin": "red" });
        self.rooms[room].join_with(options, None).unwrap()
    }

    /// The one seat that a client has got.
    fn seat(&mut self, room: usize, client: SessionId) -> Option<Value> {
        let mut events = self.rooms[room].events(client);
        assert!(events.len() <= 1, "{events:?}");
        match events.pop()? {
            QueueEvent::Seat(seat) => Some(seat),
            other => panic!("{other:?}"),
        }
    }

    fn entrants(&self) -> u64 {
        self.fake.queues.counts().entrants
    }
}

fn status(room: &TestRoom<Queue>, viewer: SessionId, of: SessionId) -> Option<(Field, Field)> {
    let view = room.view(viewer);
    let row = view.row("entrants", &Field::Session(of))?;
    let field = |name| view.field("entrants", row, name).unwrap().clone();
    Some((field("found"), field("matched")))
}

#[test]
fn two_of_about_a_rank_get_seats_in_one_new_room() {
    let mut hall = Hall::new(duel().room_options(json!({ "seats": 2 })), 1);
    let (ann, bob) = (hall.join(0, 100.0), hall.join(0, 120.0));
    hall.tick(6);
    let seats = [ann, bob].map(|client| hall.seat(0, client).unwrap());
    assert_eq!(seats[0]["name"], "arena");
    assert_eq!(seats[0]["roomId"], seats[1]["roomId"]);
    assert_ne!(seats[0]["sessionId"], seats[1]["sessionId"]);
    let parties = hall.fake.parties.borrow();
    assert_eq!(parties.len(), 1);
    assert_eq!(parties[0].options, json!({ "seats": 2 }));
    assert_eq!(parties[0].guests[0].options["skin"], "red");
}

#[test]
fn each_client_sees_how_things_stand_for_itself() {
    let mut hall = Hall::new(QueueRules::new("arena", 3).rank_window(50.0, 0.0, 50.0), 1);
    let (ann, bob) = (hall.join(0, 0.0), hall.join(0, 40.0));
    hall.join(0, 900.0);
    hall.tick(8);
    let room = &hall.rooms[0];
    let found = |count| Some((Field::Unsigned(count), Field::Bool(false)));
    assert_eq!(status(room, ann, ann), found(2));
    assert_eq!(status(room, bob, bob), found(2));
    assert_eq!(status(room, ann, bob), None, "no other's");
    assert_eq!(room.state().status.waiting, 3);
    assert_eq!(room.state().status.players, 3);
}

#[test]
fn ranks_that_are_far_apart_play_when_they_have_waited() {
    let mut hall = Hall::new(duel(), 1);
    let (ann, bob) = (hall.join(0, 0.0), hall.join(0, 150.0));
    hall.tick(ticks(Duration::from_secs(9)));
    assert_eq!(hall.seat(0, ann), None);
    hall.tick(ticks(Duration::from_secs(2)));
    assert!(hall.seat(0, ann).is_some() && hall.seat(0, bob).is_some());
}

#[test]
fn an_incomplete_match_is_better_than_none() {
    let rules = QueueRules::new("arena", 4).allow_incomplete(Duration::from_secs(5), 2);
    let mut hall = Hall::new(rules, 1);
    let (ann, bob) = (hall.join(0, 0.0), hall.join(0, 0.0));
    hall.tick(ticks(Duration::from_secs(4)));
    assert_eq!(hall.seat(0, ann), None);
    hall.tick(ticks(Duration::from_secs(2)));
    assert!(hall.seat(0, ann).is_some() && hall.seat(0, bob).is_some());
}

#[test]
fn clients_of_different_rooms_play_together() {
    let mut hall = Hall::new(duel(), 3);
    let (ann, bob) = (hall.join(1, 0.0), hall.join(2, 0.0));
    hall.tick(8);
    let (first, second) = (hall.seat(1, ann).unwrap(), hall.seat(2, bob).unwrap());
    assert_eq!(first["roomId"], second["roomId"]);
    assert_eq!(
        hall.fake.parties.borrow().len(),
        1,
        "one match is made once"
    );
}

#[test]
fn a_matcher_that_ends_loses_nobody() {
    let mut hall = Hall::new(duel(), 2);
    hall.fake.fate.replace(Fate::Silence);
    // The first room has the turn in its first tick, and is gone with it.
    hall.join(0, 0.0);
    let bob = hall.join(1, 0.0);
    while hall.fake.parties.borrow().is_empty() {
        hall.tick(1);
    }
    hall.rooms.remove(0);
    hall.tick(ticks(CLAIM) - 5);
    assert_eq!(hall.seat(0, bob), None, "it is claimed");
    let eve = hall.join(0, 0.0);
    hall.tick(ticks(Duration::from_secs(3)));
    assert!(hall.seat(0, bob).is_some(), "it waited on");
    assert!(hall.seat(0, eve).is_some());
    hall.tick(ticks(STAY) + 5);
    assert_eq!(
        hall.entrants(),
        0,
        "a room that ended keeps nobody in the queue"
    );
}

#[test]
fn options_that_the_match_refuses_send_away_their_client_only() {
    let mut hall = Hall::new(duel(), 1);
    let refusal = Refusal::GuestRefused {
        number: 0,
        why: "no such skin".to_owned(),
    };
    hall.fake.fate.replace(Fate::Refused(refusal));
    let clients = [hall.join(0, 0.0), hall.join(0, 1.0)];
    hall.tick(8);
    let is_gone = |client: &SessionId| !hall.rooms[0].client(*client).is_connected();
    let (gone, here): (Vec<_>, Vec<_>) = clients.into_iter().partition(is_gone);
    assert_eq!((gone.len(), here.len()), (1, 1));
    let reason = "no such skin".to_owned();
    let events = hall.rooms[0].events(gone[0]);
    assert_eq!(events, [QueueEvent::Refused { reason }]);
    let eve = hall.join(0, 0.0);
    hall.tick(8);
    assert!(hall.seat(0, here[0]).is_some() && hall.seat(0, eve).is_some());
}

#[test]
fn a_match_without_a_room_is_tried_again_after_a_pause() {
    let mut hall = Hall::new(duel(), 1);
    hall.fake.fate.replace(Fate::Refused(Refusal::RoomsMax));
    let ann = hall.join(0, 0.0);
    hall.join(0, 0.0);
    hall.tick(10);
    assert_eq!(hall.fake.parties.borrow().len(), 1, "not at once");
    hall.tick(ticks(Duration::from_secs(3)));
    assert!(hall.seat(0, ann).is_some());
}

#[test]
fn a_full_queue_and_a_long_wait_send_clients_away() {
    let limits = Limits {
        queue_entrants_max: 1,
        ..Limits::default()
    };
    let rules = duel().give_up_after(Duration::from_secs(3));
    let mut hall = Hall::with_limits(rules, 1, limits);
    let ann = hall.join(0, 0.0);
    hall.tick(4);
    let bob = hall.join(0, 0.0);
    hall.tick(6);
    assert_eq!(hall.rooms[0].events(bob), [QueueEvent::Full]);
    let (_, reason) = hall.rooms[0].client(bob).closed().unwrap();
    assert_eq!(reason, "the queue is full");
    hall.tick(ticks(Duration::from_secs(3)));
    assert_eq!(hall.rooms[0].events(ann), [QueueEvent::GaveUp]);
    hall.tick(4);
    assert_eq!(hall.entrants(), 0);
}

#[test]
fn a_lost_connection_keeps_its_time_and_is_not_matched_meanwhile() {
    let mut hall = Hall::new(duel(), 1);
    let ann = hall.join(0, 0.0);
    hall.tick(ticks(Duration::from_secs(9)));
    hall.rooms[0].drop_connection(ann);
    let bob = hall.join(0, 170.0);
    hall.tick(ticks(Duration::from_secs(4)));
    assert_eq!(hall.seat(0, bob), None, "nobody is there to play with");
    hall.rooms[0].reconnect(ann).unwrap();
    hall.tick(8);
    assert!(hall.seat(0, ann).is_some(), "its window is wide by now");
    hall.rooms[0].drop_connection(ann);
    hall.tick(2);
    hall.rooms[0].reconnect(ann).unwrap();
    hall.tick(2);
    assert!(
        hall.seat(0, ann).is_some(),
        "told again, in case it was lost"
    );
}

#[test]
fn who_has_its_seat_does_not_stay() {
    let mut hall = Hall::new(QueueRules::new("arena", 1), 1);
    let ann = hall.join(0, 0.0);
    hall.tick(6);
    assert!(hall.seat(0, ann).is_some());
    hall.tick(ticks(Duration::from_secs(14)));
    assert!(hall.rooms[0].client(ann).is_connected());
    hall.tick(ticks(Duration::from_secs(2)));
    assert!(!hall.rooms[0].client(ann).is_connected());
    assert_eq!(hall.entrants(), 0);
}

#[test]
fn the_last_to_leave_leaves_nobody_behind() {
    let mut hall = Hall::new(duel(), 1);
    let ann = hall.join(0, 0.0);
    hall.tick(6);
    assert_eq!(hall.entrants(), 1);
    hall.rooms[0].leave(ann);
    hall.tick(2);
    assert_eq!(hall.entrants(), 0);
}

#[test]
fn a_room_that_moves_goes_on() {
    let mut hall = Hall::new(duel(), 1);
    let (ann, bob) = (hall.join(0, 0.0), hall.join(0, 150.0));
    hall.tick(ticks(Duration::from_secs(9)) + 1);
    hall.rooms[0].freeze_and_thaw();
    hall.tick(ticks(Duration::from_secs(2)));
    assert!(hall.seat(0, ann).is_some() && hall.seat(0, bob).is_some());
}

#[test]
fn a_rank_comes_from_who_authenticated_it_if_anybody() {
    let mut hall = Hall::new(duel(), 1);
    let join = |room: &mut TestRoom<Queue>, rank: Value, claims: Value| {
        room.join_with(json!({ "rank": rank }), Some(claims))
            .unwrap()
    };
    let ann = join(&mut hall.rooms[0], json!(0), json!({ "rank": 3_000 }));
    let bob = join(&mut hall.rooms[0], json!(0), json!({ "user": 1 }));
    let eve = join(&mut hall.rooms[0], json!("high"), json!(null));
    hall.tick(8);
    assert_eq!(hall.seat(0, ann), None);
    assert_eq!(hall.seat(0, bob), None);
    let (_, reason) = hall.rooms[0].client(eve).closed().unwrap();
    assert!(reason.contains("write a number"), "{reason}");
}

#[test]
fn a_filter_makes_a_queue_of_its_own() {
    let fake = Fake::surround(Some(duel()), Limits::default());
    let room =
        |mode: &str| TestRoom::<Queue>::create(1, json!({ "mode": mode }), Limits::default());
    assert_eq!(room("ctf").unwrap().state().queue, "test?ctf");
    let error = room(&"x".repeat(300)).unwrap_err();
    assert!(matches!(&error, CreateError::Rejected { why, .. } if why.to_string().contains("256")));
    fake.rules.take();
    assert!(room("ctf").is_err(), "a queue needs rules");
}
