//! Histories written by hand, good ones and bad ones.

use super::*;
use crate::chaos::entry::read;
use crate::chaos::sight::Seen;

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);
const ROOM: RoomId = RoomId(9);
const SEAT: SessionId = SessionId(5);

/// Lines are `TIME NODE.INCARNATION KIND FIELDS`, with `a`, `b`, `r` for nodes and the room.
fn evidence(lines: &str, sights: &[(Ns, Seen)]) -> Evidence {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.map(|line| {
        let (at, rest) = line.split_once(' ').unwrap();
        let (member, rest) = rest.split_once(' ').unwrap();
        let (node, incarnation) = member.split_once('.').unwrap();
        let node = if node == "a" { A } else { B };
        let rest = rest.replace("=r", &format!("={ROOM}"));
        let rest = rest.replace("=a.", &format!("={A}."));
        let rest = rest
            .replace("=a", &format!("={A}"))
            .replace("=b.", &format!("={B}."));
        format!("{at} {node} {incarnation} 0 {rest}\n")
    });
    Evidence {
        entries: read(&lines.collect::<String>()).unwrap(),
        sights: sights
            .iter()
            .map(|(at, what)| Sight {
                at: *at,
                what: what.clone(),
            })
            .collect(),
        gone_within: 100,
    }
}

fn violations(lines: &str, sights: &[(Ns, Seen)]) -> Vec<String> {
    let verdict = check(&evidence(lines, sights));
    verdict
        .violations
        .iter()
        .map(|v| format!("{v:?}"))
        .collect()
}

fn is_found(what: &str, lines: &str, sights: &[(Ns, Seen)]) {
    let found = violations(lines, sights);
    assert!(
        found.iter().any(|found| found.starts_with(what)),
        "{what}: {found:?}"
    );
}

const GOOD: &str = "
    10 a.1 held
    10 a.1 fence until=60
    20 a.1 own room=r epoch=1
    30 a.1 tick room=r epoch=1 fence=60 done=35 spoke=true
    30 a.1 seats room=r taken=1 of=2
    50 a.1 tick room=r epoch=1 fence=60 done=52 spoke=true
    60 a.1 frozen";

#[test]
fn a_life_and_its_end_are_well() {
    let end = format!("{GOOD}\n 90 a.1 end room=r");
    assert_eq!(violations(&end, &[]), [""; 0]);
    let verdict = check(&evidence(&end, &[]));
    assert_eq!((verdict.ticks, verdict.rooms, verdict.freezes), (2, 1, 1));
    let taken_over = format!(
        "{GOOD}
        80 b.2 recover member=a.1
        90 b.2 own room=r epoch=2
        95 b.2 tick room=r epoch=2 fence=200 done=96 spoke=true
        99 a.1 dropped room=r"
    );
    assert_eq!(violations(&taken_over, &[]), [""; 0]);
}

#[test]
fn a_tick_that_was_interrupted_and_told_nobody_is_well() {
    let lines = format!(
        "{GOOD}
        55 a.1 tick room=r epoch=1 fence=60 done=900 spoke=false
        80 b.2 recover member=a.1
        950 a.1 dropped room=r"
    );
    assert_eq!(violations(&lines, &[]), [""; 0]);
    is_found(
        "AfterDeath",
        &lines.replace("spoke=false", "spoke=true"),
        &[],
    );
}

#[test]
fn ticks_of_two_nodes_at_once_are_found() {
    let lines = format!(
        "{GOOD}
        51 b.2 own room=r epoch=2
        51 b.2 tick room=r epoch=2 fence=200 done=53 spoke=true
        99 b.2 end room=r"
    );
    is_found("TwoTick", &lines, &[]);
}

#[test]
fn ticks_without_a_right_are_found() {
    let with = |line: &str| format!("{GOOD}\n{line}\n999 a.1 end room=r");
    let late = "61 a.1 tick room=r epoch=1 fence=60 done=62 spoke=true";
    is_found("BehindFence", &with(late), &[]);
    let other_life = "70 a.3 tick room=r epoch=1 fence=90 done=71 spoke=true";
    is_found("InAnotherLife", &with(other_life), &[]);
    let nobodys = "70 b.3 tick room=r epoch=1 fence=90 done=71 spoke=true";
    is_found("NotOwned", &with(nobodys), &[]);
    let dead = "61 a.1 fence until=200
        80 b.2 recover member=a.1
        90 a.1 tick room=r epoch=1 fence=200 done=91 spoke=true";
    is_found("AfterDeath", &with(dead), &[]);
    is_found("DeadWithLease", &with(dead), &[]);
}

#[test]
fn who_is_killed_has_no_fence() {
    let lines = "10 a.1 fence until=60\n 50 b.2 recover member=a.1";
    assert_eq!(violations(lines, &[(40, Seen::Killed(A))]), [""; 0]);
    is_found("DeadWithLease", lines, &[]);
}

#[test]
fn two_heirs_are_found() {
    let lines = "80 b.2 recover member=a.1\n 90 b.3 recover member=a.1";
    is_found("TwoHeirs", lines, &[]);
    let one_after_the_other = format!("{lines}\n 85 b.3 recover member=b.2");
    assert_eq!(violations(&one_after_the_other, &[]), [""; 0]);
    let done = format!("{lines}\n 85 b.2 recovered member=a.1 rooms=3");
    assert_eq!(violations(&done, &[]), [""; 0]);
}

#[test]
fn epochs_rise() {
    let lines = format!("{GOOD}\n 80 b.2 own room=r epoch=1\n 90 b.2 end room=r");
    is_found("EpochDoesNotRise", &lines, &[]);
}

fn told(at: Ns) -> (Ns, Seen) {
    let (room, session, owner) = (ROOM, SEAT, A);
    (
        at,
        Seen::Told {
            room,
            session,
            owner,
        },
    )
}

#[test]
fn a_seat_that_was_told_of_is_there_or_its_room_is_over() {
    let says_no = |at, code, may_be_taken| {
        let refused = Seen::Refused {
            session: SEAT,
            by: ([127, 0, 0, 1], 1).into(),
            code,
            reason: String::new(),
            may_be_taken,
        };
        (at, refused)
    };
    let refused = |at| says_no(at, 4524, false);
    let end = format!("{GOOD}\n 90 a.1 end room=r");
    assert_eq!(
        violations(&end, &[told(25), (40, Seen::Taken(SEAT))]),
        [""; 0]
    );
    assert_eq!(violations(&end, &[told(25), refused(95)]), [""; 0]);
    is_found("NoSuchSeat", &end, &[told(25), refused(85)]);
    let killed = (84, Seen::Killed(A));
    assert_eq!(
        violations(&end, &[told(25), killed.clone(), refused(85)]),
        [""; 0]
    );
    is_found("SeatWithTheDead", &end, &[killed, told(185)]);
    // Its owner knows of it; that there is no such room is another thing.
    let verdict = check(&evidence(&end, &[told(25), says_no(85, 4524, true)]));
    assert_eq!((verdict.taken, verdict.violations.len()), (1, 0));
    is_found("NoSuchSeat", &end, &[told(25), says_no(85, 4522, true)]);
    let gave_up = |at| {
        let (session, why) = (SEAT, String::new());
        (at, Seen::GaveUp { session, why })
    };
    is_found("NoAnswer", &end, &[told(25), gave_up(40)]);
    let verdict = check(&evidence(&end, &[told(25), gave_up(95)]));
    assert_eq!((verdict.lost, verdict.violations.len()), (1, 0));
}

#[test]
fn a_seat_in_a_room_that_never_was_is_found() {
    let lines = "10 b.2 ack room=r session=0000000000005 owner=a";
    is_found("SeatInNoRoom", lines, &[]);
    assert_eq!(violations(lines, &[(11, Seen::Killed(A))]), [""; 0]);
}

#[test]
fn listings_follow_lives() {
    let listed = |at, rooms: &[(RoomId, NodeId)]| {
        let rooms = rooms.to_vec();
        (at, Seen::Listed { by: B, rooms })
    };
    let killed = (60, Seen::Killed(A));
    let in_time = [killed.clone(), listed(160, &[(ROOM, A)])];
    assert_eq!(violations(GOOD, &in_time), [""; 0]);
    is_found("DeadIsListed", GOOD, &[killed, listed(161, &[(ROOM, A)])]);
    let much_later = 30_000_000_000;
    let ends = format!("{GOOD}\n {} a.1 end room=r", 2 * much_later);
    is_found("LivingIsNotListed", &ends, &[listed(much_later, &[])]);
    assert_eq!(
        violations(&ends, &[listed(much_later, &[(ROOM, A)])]),
        [""; 0]
    );
}

#[test]
fn rooms_do_not_vanish_and_are_not_over_full() {
    is_found("Vanished", GOOD, &[]);
    assert_eq!(violations(GOOD, &[(99, Seen::Killed(A))]), [""; 0]);
    let lines = format!("{GOOD}\n 70 a.1 seats room=r taken=3 of=2\n 90 a.1 end room=r");
    is_found("Overfull", &lines, &[]);
}
