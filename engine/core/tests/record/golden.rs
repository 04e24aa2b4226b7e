//! The format as a file, which later releases are to read.
//!
//! `DOWNBEAT_GOLDEN=write cargo test -p downbeat-core --test record` writes it anew. Do so only
//! together with a new version of the format, or when entries were added.

use downbeat::host::SeatIndex;
use downbeat::record::{Ending, Entry, Label, Recording, Tape};
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::time::{Tick, Timestamp};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/record/every-entry.beat");

fn label() -> Label {
    Label {
        release: "0.1.0".to_owned(),
        room_name: "golden".to_owned(),
        room: RoomId(42),
        tick_hz: 20,
        part: 3,
        now: Timestamp(1_000_000_007),
        tick: Tick(19),
        limits: vec![("inbox_max".to_owned(), 100)],
    }
}

/// A seat as a room gives it: found in a file, for its numbers are the room's own.
fn seat() -> SeatIndex {
    use downbeat::host::AnyRoom;
    let mut life = crate::meadow::Life::new(1, u64::MAX);
    while life.room.seated().is_empty() {
        life.join();
    }
    life.room.seated()[0].seat
}

fn entries(seat: SeatIndex) -> Vec<Entry<'static>> {
    let now = Timestamp(1_050_000_007);
    let (session, connection) = (SessionId(u64::MAX), ConnectionId(300));
    let (token, next_token) = (ReconnectionToken(1), ReconnectionToken(u128::MAX));
    let (options, payload): (&[u8], &[u8]) = (b"{}", b"\xa4Stop");
    vec![
        Entry::Reserve {
            now,
            session,
            token,
            options,
            auth: Some(b"\"ann\""),
        },
        Entry::Connect {
            now,
            session,
            connection,
        },
        Entry::Reconnect {
            now,
            session,
            token,
            next_token,
            connection,
        },
        Entry::Input {
            seat,
            seq: 7,
            payload,
        },
        Entry::Raw {
            seat,
            seq: 8,
            payload: b"",
        },
        Entry::Leave { seat },
        Entry::Disconnect {
            seat,
            consented: true,
        },
        Entry::Pause { seat },
        Entry::Resync { seat },
        Entry::Rebind { seat, connection },
        Entry::Step { now },
        Entry::Flush {
            digest: Some(0x0123_4567_89ab_cdef),
        },
        Entry::Flush { digest: None },
        Entry::ShutDown { now },
        Entry::Lock { locked: true },
        Entry::Kick {
            session,
            reason: "go",
        },
        Entry::Close { reason: "" },
        Entry::Hear {
            topic: "news",
            payload: b"\x01",
        },
    ]
}

#[test]
fn the_bytes_are_still_these() {
    let mut tape = Tape::new(&label(), b"a frozen room");
    let entries = entries(seat());
    entries.iter().for_each(|entry| tape.push(entry));
    assert!(tape.total() > 0);
    tape.end(Ending::Full);
    let bytes = tape.take();
    if std::env::var_os("DOWNBEAT_GOLDEN").is_some_and(|what| what == "write") {
        std::fs::write(FILE, &bytes).unwrap();
    }
    let golden = std::fs::read(FILE).unwrap();
    assert!(bytes == golden, "{FILE} is another");
    let recording = Recording::read(&golden).unwrap();
    assert_eq!(recording.label(), &label());
    assert_eq!(recording.start(), b"a frozen room");
    let mut read = recording.entries();
    let found: Vec<_> = read.by_ref().map(Result::unwrap).collect();
    assert_eq!(found, entries);
    assert_eq!(read.ending(), Some(Ending::Full));
}
