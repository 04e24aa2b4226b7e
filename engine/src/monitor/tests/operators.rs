//! What operators look at and do.

use super::*;
use crate::monitor::room::DEEDS_MAX;

#[test]
fn a_room_is_described_to_those_who_look_and_while_they_do() {
    let (node, mut room) = start();
    *node.there.borrow_mut() = Some(RoomId(5));
    let (ann, bob, cleo) = (room.join(), room.join(), room.join());
    room.tick(SECOND);
    assert_eq!(node.described.borrow().len(), 0, "nobody looks");
    room.send(ann, &look(Some(RoomId(5))));
    room.send(bob, &look(Some(RoomId(5))));
    room.tick(2);
    let told = || vec![MonitorEvent::Room(Box::new(detail(RoomId(5))))];
    assert_eq!((room.events(ann), room.events(bob)), (told(), told()));
    assert_eq!(room.events(cleo), []);
    assert_eq!(node.described.borrow().len(), 1, "one answer serves both");
    room.tick(3 * SECOND);
    assert_eq!(node.described.borrow().len(), 4, "once a second");
    room.send(ann, &look(None));
    room.leave(bob);
    room.tick(1);
    let (asked, _) = (node.described.borrow().len(), room.events(ann));
    room.tick(3 * SECOND);
    assert_eq!(
        node.described.borrow().len(),
        asked,
        "nobody looks any more"
    );
    assert_eq!(room.events(ann), []);
}

#[test]
fn a_room_that_is_gone_is_said_to_be_once() {
    let (node, mut room) = start();
    let ann = room.join();
    room.tick(1);
    let gone = |room: RoomId| MonitorEvent::Gone {
        room: room.to_string(),
    };
    room.send(ann, &look(Some(RoomId(5))));
    room.tick(3 * SECOND);
    assert_eq!(room.events(ann), [gone(RoomId(5))]);
    assert_eq!(node.described.borrow().len(), 1);
    let nowhere = MonitorInput::Look {
        room: Some("../etc".to_owned()),
    };
    room.send(ann, &nowhere);
    room.tick(1);
    let said = MonitorEvent::Gone {
        room: "../etc".to_owned(),
    };
    assert_eq!(room.events(ann), [said]);
}

#[test]
fn what_operators_do_reaches_the_node_and_its_answer_them() {
    let (node, mut room) = start();
    let (ann, bob) = (room.join(), room.join());
    room.tick(1);
    let session = SessionId(77);
    let deeds = [
        Deed::Lock,
        Deed::Unlock,
        Deed::Close,
        Deed::Kick {
            session: session.to_string(),
        },
    ];
    for (number, deed) in (1..).zip(deeds.clone()) {
        let room_name = RoomId(5).to_string();
        let act = MonitorInput::Act {
            number,
            room: room_name,
            deed,
        };
        room.send(ann, &act);
    }
    room.tick(2);
    let done = |number| MonitorEvent::Done {
        number,
        refusal: None,
    };
    assert_eq!(room.events(ann), [done(1), done(2), done(3), done(4)]);
    assert_eq!(room.events(bob), []);
    let acted = node.acted.take();
    assert!(acted.iter().all(|(room, _)| *room == RoomId(5)));
    let actions: Vec<_> = acted.into_iter().map(|(_, action)| action).collect();
    assert!(
        matches!(
            &actions[..],
            [
                Action::Lock,
                Action::Unlock,
                Action::Close { .. },
                Action::Kick { session: kicked, .. },
            ] if *kicked == session
        ),
        "{actions:?}"
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_a_reason() {
    let (node, mut room) = start();
    *node.refuses.borrow_mut() = true;
    let ann = room.join();
    room.tick(1);
    let mut check = |room_name: &str, deed: Deed, reaches_the_node: bool| {
        let act = MonitorInput::Act {
            number: 3,
            room: room_name.to_owned(),
            deed,
        };
        room.send(ann, &act);
        room.tick(2);
        let events = room.events(ann);
        let [MonitorEvent::Done { number: 3, refusal }] = &events[..] else {
            panic!("{events:?}");
        };
        assert!(refusal.as_ref().is_some_and(|why| why.len() > 10));
        assert_eq!(!node.acted.take().is_empty(), reaches_the_node);
    };
    let there = RoomId(5).to_string();
    let kick = |session: &str| Deed::Kick {
        session: session.to_owned(),
    };
    check(&there, Deed::Close, true);
    check(&there, kick(&SessionId(1).to_string()), true);
    check(&there, kick("nobody"), false);
    check("", Deed::Lock, false);
}

#[test]
fn rooms_are_recorded_and_no_more() {
    let (node, mut room) = start();
    let ann = room.join();
    room.tick(1);
    let mut refusal = |number, deed| {
        let act = MonitorInput::Act {
            number,
            room: RoomId(5).to_string(),
            deed,
        };
        room.send(ann, &act);
        room.tick(2);
        match &room.events(ann)[..] {
            [MonitorEvent::Done { refusal, .. }] => refusal.clone(),
            events => panic!("{events:?}"),
        }
    };
    assert_eq!(refusal(1, Deed::Record), None);
    assert_eq!(refusal(2, Deed::StopRecording), None);
    *node.refuses.borrow_mut() = true;
    let why = refusal(3, Deed::Record).unwrap();
    assert!(why.contains("too large"), "{why}");
    let recorded = node.recorded.take();
    let expected = [true, false, true].map(|on| (RoomId(5), on));
    assert_eq!(recorded, expected);
}

#[test]
fn an_operator_who_asks_for_too_much_is_refused() {
    let (node, mut room) = start();
    let ann = room.join();
    room.tick(1);
    for number in 0..u32::from(DEEDS_MAX) + 1 {
        let act = MonitorInput::Act {
            number,
            room: RoomId(5).to_string(),
            deed: Deed::Lock,
        };
        room.send(ann, &act);
    }
    room.tick(2);
    let events = room.events(ann);
    let refused = events.iter().filter(|event| {
        matches!(event, MonitorEvent::Done { refusal: Some(why), .. } if why.contains("too much"))
    });
    assert_eq!(refused.count(), 1);
    assert_eq!(node.acted.take().len(), usize::from(DEEDS_MAX));
}
