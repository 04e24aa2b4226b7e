//! A client that does not read, and the others who do not notice.

use std::net::{SocketAddr, TcpStream};

use downbeat_schemas::rows::Value as RowValue;
use downbeat_schemas::server::RowsKind;
use downbeat_tests::both_ways;
use downbeat_tests::player::{Heard, Player};
use downbeat_tests::rooms::ProbeInput;
use downbeat_tests::seat;
use downbeat_tests::way::Way;
use downbeat_tests::websocket::WebSocket;
use serde_json::json;
use socket2::{Domain, Socket, Type};

both_ways!(
    a_slow_reader_gets_one_snapshot_then_its_leave_and_nobody_waits,
    a_reader_that_stands_still_is_closed_after_the_window,
);

/// Bytes of a flood, more than the kernel keeps for both ends of a socket (4 MiB at the server by
/// `tcp_wmem`, 64 KiB here) and the outbox together.
const FLOOD: u32 = 64 * MESSAGE;
const MESSAGE: u32 = 256 << 10;

fn a_slow_reader_gets_one_snapshot_then_its_leave_and_nobody_waits(way: Way) {
    let server = way.server_with_limits(|limits| {
        limits.outbox_window_ms = 3_600_000;
        limits.message_rate_max = 1_000;
    });
    let mut host = Player::create(&server, "probe", &json!({}));
    let seat = seat::ask(server.address(), "joinById", &host.seat.room_id, &json!({}));
    let seat = seat.unwrap();
    let socket = WebSocket::over(
        connect_narrow(server.socket_address(&seat.path())),
        &seat.path(),
        &[],
    );
    let mut slow = Player::begin(socket, &seat);
    assert_eq!(slow.snapshots, 1);

    flood(&mut host);
    host.apply(&ProbeInput::Add { by: 42 });
    // The slow one reads again: what was sent first, then everything anew.
    let heard = read_to_snapshot(&mut slow);
    assert!(heard < FLOOD / MESSAGE, "the queue was lost: {heard}");
    let key = RowValue::Session(host.welcome.session);
    let row = slow.mirror.row("scores", &key).unwrap();
    assert_eq!(row.fields[0], RowValue::Signed(42), "nothing is missing");
    slow.apply(&ProbeInput::Add { by: 1 });
    assert_eq!(slow.snapshots, 2, "one is enough");

    flood(&mut host);
    host.apply(&ProbeInput::Add { by: 1 });
    assert_eq!(slow.read_to_close().0, 4008);
    assert_eq!(host.snapshots, 1, "who reads is never cut off");
    for (what, limit) in [
        ("the first overflow is counted", "outbox_bytes_max"),
        ("so is the second", "outbox_window_ms"),
    ] {
        server.wait_for_metrics(what, |metrics| metrics.limit_hits(limit) == 1.0);
    }
    server.wait_for_metrics("so is the snapshot between them", |metrics| {
        metrics.sum("downbeat_resyncs_total", &[]) == 1.0
    });
}

fn a_reader_that_stands_still_is_closed_after_the_window(way: Way) {
    let server = way.server_with_limits(|limits| limits.outbox_window_ms = 300);
    let mut host = Player::create(&server, "probe", &json!({}));
    let seat = seat::ask(server.address(), "joinById", &host.seat.room_id, &json!({}));
    let seat = seat.unwrap();
    let socket = WebSocket::over(
        connect_narrow(server.socket_address(&seat.path())),
        &seat.path(),
        &[],
    );
    let slow = Player::begin(socket, &seat);
    flood(&mut host);
    host.wait_until(|mirror| mirror.rows("scores").unwrap().len() == 1);
    host.apply(&ProbeInput::Add { by: 1 });
    server.wait_for_metrics("the limit is counted", |metrics| {
        metrics.limit_hits("outbox_window_ms") == 1.0
    });
    drop(slow);
}

/// A connection that takes few bytes before it is read.
fn connect_narrow(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(32 << 10).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.into()
}

/// Makes the room talk, and listens to all of it: no message is missing.
fn flood(host: &mut Player) {
    let ticks = FLOOD / MESSAGE;
    host.input(&ProbeInput::Flood {
        bytes: MESSAGE,
        ticks,
    });
    for _ in 0..ticks {
        let len = host.wait(|heard| match heard {
            Heard::Bytes(bytes) => Some(bytes.len()),
            _ => None,
        });
        assert_eq!(len, MESSAGE as usize);
    }
}

/// Reads on to the next snapshot: how many messages of the flood came before it.
fn read_to_snapshot(player: &mut Player) -> u32 {
    let mut messages = 0;
    player.wait(|heard| {
        messages += u32::from(matches!(heard, Heard::Bytes(_)));
        (*heard == Heard::Rows(RowsKind::Snapshot)).then_some(())
    });
    messages
}
