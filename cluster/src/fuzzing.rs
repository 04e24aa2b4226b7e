//! What the fuzz targets and the tests feed bytes through: one driver, so that a fuzzer's find is
//! replayed by the ordinary tests as it was found. No part of the public API.

use bytes::Bytes;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ConnectionId, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::part::Part;
use downbeat_schemas::time::Timestamp;

pub use crate::queue::fuzzing::queue_answers;
pub use crate::shared::fuzzing::registry_replies;

use crate::lease::{RawReply, Reply};
use crate::post::letter::Letter;
use crate::relay::wire::Frame;
use crate::relay::{Audience, Hub, RelayedId, Strand, Turn, Up};

/// Reads any bytes as a letter, and lets the owner it is for act on it: what is accepted survives
/// being written anew, and nothing in it makes an owner panic.
pub fn relay_letter(input: &[u8]) {
    let Ok(letter) = Up::decode(&Bytes::copy_from_slice(input)) else {
        return;
    };
    assert_eq!(Up::decode(&letter.encode()), Ok(letter.clone()));
    let now = Timestamp(0);
    let mut hub = Hub::new(letter.head.room, letter.head.epoch, &Limits::default());
    let (mut last_id, mut turns, mut frames) = (0, Vec::new(), Vec::new());
    let mut next_id = || {
        last_id += 1;
        ConnectionId(last_id)
    };
    // Twice: the second time it knows the sender, or has turned it away.
    for _ in 0..2 {
        // Whatever comes of it.
        let _ = hub.accept(now, &letter, &mut next_id, &mut turns);
        for turn in turns.drain(..) {
            if let Turn::Connect { connection, .. } = turn {
                hub.send(connection, &[Part::Own(b"hello")]);
            }
        }
        hub.flush(now, &mut frames);
    }
    for frame in frames {
        Frame::decode(&frame).expect("an owner writes frames");
    }
}

/// Reads any bytes as a frame, and lets the edge it speaks to act on it: no panic, and no word to
/// a client that is not there.
pub fn relay_frame(input: &[u8]) {
    let bytes = Bytes::copy_from_slice(input);
    let Ok(frame) = Frame::decode(&bytes) else {
        return;
    };
    let Some(id) = frame.strands().first().copied() else {
        return;
    };
    let (now, limits) = (Timestamp(0), Limits::default());
    let mut strand = Strand::new(id, frame.room, frame.epoch, now, &limits);
    let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let mut clients = Clients(Vec::new());
    for session in 1..4 {
        let client = strand.connect(SessionId(session), None, peer);
        clients.0.extend(client);
    }
    while let Some(letter) = strand.up(now) {
        Up::decode(&letter).expect("a strand writes letters");
    }
    // Twice: the second time it is known.
    for _ in 0..2 {
        let accepted = strand.accept(now, &bytes, &mut clients);
        assert!(accepted.is_ok(), "it was read before");
    }
    while let Some(letter) = strand.up(now) {
        Up::decode(&letter).expect("a strand writes letters");
    }
}

/// Reads any bytes as what one node says to another: what is read is what would be written.
pub fn post_letter(input: &[u8]) {
    if let Ok(letter) = Letter::decode(&Bytes::copy_from_slice(input)) {
        assert_eq!(Letter::decode(&letter.encode()), Ok(letter));
    }
}

/// Clients that are there.
struct Clients(Vec<RelayedId>);

impl Audience for Clients {
    fn send(&mut self, to: RelayedId, _: &[Part<'_>]) {
        assert!(self.0.contains(&to));
    }

    fn close(&mut self, to: RelayedId, _: CloseCode, _: &str) {
        let place = self.0.iter().position(|client| *client == to);
        self.0
            .swap_remove(place.expect("who is closed was connected"));
    }
}

/// Any bytes as what a Redis server says of its cluster, of itself and of a key's place: no panic,
/// and only servers of the view own slots.
///
/// # Panics
/// If one of these is violated.
pub fn redis_text(input: &[u8]) {
    crate::redis::fuzzing::text(&String::from_utf8_lossy(input));
}

/// Deeper than the script ever nests.
const DEPTH_MAX: usize = 4;

/// Reads any bytes as a reply of the lease's script: no panic, and what is read can be relied on.
///
/// A line is a text; `[` and `]` alone on a line are a list's ends, `~` is nil.
pub fn lease_reply(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n');
    let raw = RawReply::List(list(&mut lines, 0));
    let Ok(reply) = Reply::decode(&raw) else {
        return;
    };
    assert!(reply.late.is_sorted());
    let members = reply.members.iter().flatten();
    assert!(members.is_sorted_by_key(|entry| entry.member));
    assert!(reply.now.0 < 1 << 53 && reply.version.number < 1 << 53);
    // Again the same.
    assert_eq!(Reply::decode(&raw), Ok(reply));
}

fn list<'a>(lines: &mut impl Iterator<Item = &'a [u8]>, depth: usize) -> Vec<RawReply> {
    let mut items = Vec::new();
    while let Some(line) = lines.next() {
        items.push(match line {
            b"]" => return items,
            b"~" => RawReply::Nil,
            b"[" if depth < DEPTH_MAX => RawReply::List(list(lines, depth + 1)),
            text => RawReply::Text(text.to_vec()),
        });
    }
    items
}
