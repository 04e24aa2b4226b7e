//! Figures of the node as rows.

use downbeat_core::host::RoomType;

use super::*;

#[test]
fn the_page_is_written_with_these_tables() {
    let types = crate::types::typescript([RoomType::new::<MonitorRoom>("monitor")].iter());
    let committed = include_str!("../../../../clients/monitor/src/tables.ts");
    assert!(
        types == committed,
        "clients/monitor/src/tables.ts is to be:\n{types}"
    );
}

#[test]
fn figures_of_the_node_become_rows() {
    let (node, mut room) = start();
    *node.view.borrow_mut() = View {
        process: "n1".to_owned(),
        sight: Some(sight(1..4)),
        rooms: vec![room_view(5)],
        rooms_left_out: 3,
    };
    let ann = room.join();
    room.tick(2);
    let view = room.view(ann);
    let of_node = |name| {
        let row = view.single("node").unwrap();
        view.field("node", row, name).unwrap().clone()
    };
    assert_eq!(of_node("process"), Value::String("n1".to_owned()));
    assert_eq!(of_node("clients"), Value::Unsigned(21));
    assert_eq!(of_node("rooms_left_out"), Value::Unsigned(3));
    assert_eq!(of_node("resident_bytes"), Value::Float(8_589_934_592.0));
    assert_eq!(of_node("moment"), Value::Unsigned(3));
    let shard = |name| field(&room, ann, "shards", &Value::Unsigned(1), name);
    assert_eq!(shard("busy_permille"), Value::Unsigned(500));
    let key = Value::String(RoomId(5).to_string());
    let of_room = |name| field(&room, ann, "rooms", &key, name);
    assert_eq!(of_room("load"), Value::Unsigned(200));
    assert_eq!(of_room("worst_us"), Value::Unsigned(1_500));
    assert_eq!(of_room("private"), Value::Bool(true));
    let limit = Value::String("rooms_max".to_owned());
    let times = field(&room, ann, "limits", &limit, "times");
    assert_eq!(times, Value::Float(4.0));
    room.freeze_and_thaw();
}

#[test]
fn the_node_is_asked_once_a_second_for_what_is_new() {
    let (node, mut room) = start();
    node.view.borrow_mut().sight = Some(sight(1..301));
    let ann = room.join();
    room.tick(SECOND);
    node.view.borrow_mut().sight = Some(sight(301..311));
    room.tick(2 * SECOND);
    assert_eq!(count(&room, ann, "moments"), 300, "the oldest give way");
    assert!(
        room.view(ann)
            .row("moments", &Value::Unsigned(10))
            .is_none()
    );
    let asked = node.looked_since.borrow();
    assert_eq!(asked[..2], [0, 300]);
    assert!((3..=4).contains(&asked.len()), "{asked:?}");
}

#[test]
fn many_rooms_are_written_down_over_some_ticks_and_forgotten_when_they_end() {
    let (node, mut room) = start();
    node.view.borrow_mut().rooms = (1..=1_200).map(room_view).collect();
    let ann = room.join();
    room.tick(1);
    let mut seen = vec![count(&room, ann, "rooms")];
    for _ in 0..3 {
        room.tick(1);
        seen.push(count(&room, ann, "rooms"));
    }
    assert_eq!(seen, [500, 1_000, 1_200, 1_200]);
    node.view.borrow_mut().rooms = (100..=1_200).map(room_view).collect();
    room.tick(2 * SECOND);
    assert_eq!(count(&room, ann, "rooms"), 1_101);
    node.view.borrow_mut().rooms.clear();
    room.tick(2 * SECOND);
    assert_eq!(count(&room, ann, "rooms"), 0);
}

#[test]
fn a_shard_that_does_not_answer_leaves_its_rooms_as_they_were() {
    let (node, mut room) = start();
    node.view.borrow_mut().rooms = vec![room_view(5)];
    let ann = room.join();
    room.tick(2);
    let silent = RoomView {
        did: None,
        clients: 8,
        ..room_view(5)
    };
    node.view.borrow_mut().rooms = vec![silent];
    room.tick(2 * SECOND);
    let key = Value::String(RoomId(5).to_string());
    let of_room = |name| field(&room, ann, "rooms", &key, name);
    assert_eq!(of_room("clients"), Value::Unsigned(8));
    assert_eq!(of_room("load"), Value::Unsigned(200));
    assert_eq!(of_room("skipped"), Value::Unsigned(2), "not counted twice");
}

#[test]
fn the_newest_captures_are_shown() {
    let (node, mut room) = start();
    let missing = serde_json::json!({ "missing": "the thread waited" });
    let there = serde_json::json!({ "file": "flame.svg" });
    *node.captures.borrow_mut() = vec![capture(2, &there), capture(1, &missing)];
    let ann = room.join();
    room.tick(2);
    let of = |room: &Room, number: u32, name: &str| {
        let key = Value::String(format!("{number:04}-arena-tick-1"));
        field(room, ann, "captures", &key, name)
    };
    assert_eq!(of(&room, 2, "no_graph"), Value::String(String::new()));
    assert_eq!(
        of(&room, 1, "no_graph"),
        Value::String("the thread waited".to_owned())
    );
    assert_eq!(of(&room, 2, "took_ms"), Value::Float(61.5));
    assert_eq!(of(&room, 2, "tick"), Value::Float(f64::from(2).powi(40)));
    *node.captures.borrow_mut() = (50..250)
        .rev()
        .map(|number| capture(number, &there))
        .collect();
    room.tick(6 * SECOND);
    assert_eq!(count(&room, ann, "captures"), 100);
    assert_eq!(of(&room, 249, "clients"), Value::Unsigned(50));
}
