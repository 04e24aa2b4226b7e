//! The bytes on the wire. Nodes of two releases meet while a cluster is upgraded: if these change,
//! the version must rise.

use bytes::Bytes;
use downbeat_cluster::relay::wire::{
    Begin, Entry, Frame, Note, Piece, Standing, Up, UpHead, WireError, Word,
};
use downbeat_cluster::relay::{FrameSeq, Hub, RelayedId, Round, StrandId, UpSeq};
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{
    ConnectionId, Epoch, NodeId, ReconnectionToken, RoomId, SessionId, ShardId,
};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::part::Part;
use downbeat_schemas::time::Timestamp;

const STRAND: StrandId = StrandId {
    node: NodeId(0x0102_0304_0506_0708),
    shard: ShardId(3),
    serial: 300,
};

fn letter() -> Up {
    let connect = |relayed, token, peer: &str, standing| Entry::Connect {
        relayed: RelayedId(relayed),
        session: SessionId(0x1111_2222_3333_4444),
        token,
        peer: peer.parse().unwrap(),
        standing,
    };
    let token = Some(ReconnectionToken(0xabcd_ef01_2345_6789));
    let message = Entry::Message {
        relayed: RelayedId(1),
        bytes: Bytes::from_static(b"hello"),
    };
    let lost = |relayed, consented| Entry::Lost {
        relayed: RelayedId(relayed),
        consented,
    };
    Up {
        head: UpHead {
            room: RoomId(0x0a0b_0c0d_0e0f_1011),
            epoch: Epoch(1_700_000_000_000),
            strand: STRAND,
            round: Round(1),
            heard: FrameSeq(500),
            wants: Some(FrameSeq(502)),
            first: UpSeq(129),
        },
        entries: vec![
            connect(1, None, "10.1.2.3:4242", Standing::New),
            connect(2, token, "[2001:db8::7]:80", Standing::Unsure),
            connect(200, None, "127.0.0.1:1", Standing::Welcomed),
            message,
            lost(1, true),
            lost(2, false),
            Entry::Pause {
                relayed: RelayedId(200),
            },
            Entry::Resync {
                relayed: RelayedId(200),
            },
        ],
    }
}

const LETTER: &str = "\
    db5501 11100f0e0d0c0b0a 80d095ffbc31 080706050403020103ac02 01 f403 f603 8101 08 \
    0001 00 4444333322221111 0a010203 9210 \
    0002 07 4444333322221111 8967452301efcdab0000000000000000 \
    20010db8000000000000000000000007 5000 \
    00c801 08 4444333322221111 7f000001 0100 \
    0101 05 68656c6c6f 0301 0202 04c801 05c801";

#[test]
fn a_letter_has_these_bytes() {
    let bytes = letter().encode();
    assert_eq!(hex(&bytes), LETTER.replace(' ', ""));
    assert_eq!(Up::decode(&bytes), Ok(letter()));
}

/// A frame with every kind of word and note that an owner says by itself.
fn frame() -> Bytes {
    let (room, epoch) = (letter().head.room, letter().head.epoch);
    let (now, mut turns, mut frames) = (Timestamp(0), Vec::new(), Vec::new());
    let mut hub = Hub::new(room, epoch, &Limits::default());
    let mut letter = letter();
    (letter.head.first, letter.head.round, letter.head.wants) = (UpSeq(1), Round(0), None);
    letter.entries.truncate(3);
    let mut last_id = 0;
    let mut next_id = || {
        last_id += 1;
        ConnectionId(last_id)
    };
    hub.accept(now, &letter, &mut next_id, &mut turns).unwrap();
    // Somebody who is not known any more.
    letter.head.strand.shard = ShardId(4);
    (letter.head.first, letter.head.round) = (UpSeq(9), Round(1));
    hub.accept(now, &letter, &mut next_id, &mut turns)
        .unwrap_err();
    let (rows, news) = (Bytes::from_static(b"rows"), Bytes::from_static(b"news"));
    let all = [ConnectionId(1), ConnectionId(2), ConnectionId(3)];
    for to in all {
        hub.send(to, &[Part::Shared(&news)]);
    }
    hub.send(all[0], &[Part::Own(b"head"), Part::Shared(&rows)]);
    hub.send(all[1], &[Part::Own(b"too"), Part::Shared(&rows)]);
    hub.close(all[2], CloseCode::Kicked, "go");
    hub.flush(now, &mut frames);
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

const FRAME: &str = "\
    db4601 00 11100f0e0d0c0b0a 80d095ffbc31 01 \
    02 080706050403020103ac02 080706050403020104ac02 \
    02 00020301 01 01 0400 02 04 04 29 \
    00 03 0001 0002 00c801 01 00 \
    00 01 0001 02 09 68656164 02 \
    00 01 0002 02 07 746f6f 02 \
    02 00c801 a40f 02 676f \
    6e657773 726f7773";

#[test]
fn a_frame_has_these_bytes() {
    assert_eq!(hex(&frame()), FRAME.replace(' ', ""));
}

#[test]
fn a_frame_is_read_as_it_was_said() {
    let frame = Frame::decode(&frame()).unwrap();
    assert_eq!(
        (frame.room, frame.epoch),
        (letter().head.room, letter().head.epoch)
    );
    assert_eq!((frame.seq, frame.is_bare), (FrameSeq(1), false));
    assert_eq!(frame.place(STRAND), Some(0));
    let begin = Begin {
        round: Round(1),
        first: FrameSeq(1),
    };
    let note = Note {
        ack: UpSeq(3),
        begin: Some(begin),
        ..Note::default()
    };
    let gone = Note {
        is_gone: true,
        ..Note::default()
    };
    assert_eq!([frame.note(0), frame.note(1)], [Some(note), Some(gone)]);
    let said: Vec<String> = frame.words().map(|word| said(&frame, word)).collect();
    let expected = ["1 2 200: news", "1: headrows", "2: toorows", "200: 4004 go"];
    assert_eq!(said, expected);
}

fn said(frame: &Frame, word: Word<'_>) -> String {
    match word {
        Word::Send { to, parts, .. } => {
            let to: Vec<_> = to.map(|to| to.relayed.to_string()).collect();
            let parts = parts.flat_map(|piece| match piece {
                Piece::Chunk(chunk) => frame.chunks()[chunk as usize].to_vec(),
                Piece::Inline(bytes) => bytes.to_vec(),
            });
            let message = String::from_utf8(parts.collect()).unwrap();
            format!("{}: {message}", to.join(" "))
        }
        Word::Close { to, code, reason } => format!("{}: {code} {reason}", to.relayed),
    }
}

#[test]
fn another_release_and_another_message_are_told_apart() {
    let changed = |at: usize, byte: u8| {
        let mut bytes = letter().encode().to_vec();
        bytes[at] = byte;
        Up::decode(&bytes.into()).unwrap_err()
    };
    assert_eq!(changed(2, 9), WireError::OtherVersion { found: 9 });
    let expected = *b"\xdbU";
    let found = *b"\xdbF";
    assert_eq!(changed(1, b'F'), WireError::OtherKind { expected, found });
    let error = Frame::decode(&letter().encode()).unwrap_err();
    let (expected, found) = (found, expected);
    assert_eq!(error, WireError::OtherKind { expected, found });
}

#[test]
fn no_part_of_a_message_is_one() {
    for whole in [letter().encode(), frame()] {
        for len in 0..whole.len() {
            let cut = whole.slice(..len);
            assert!(Up::decode(&cut).is_err() && Frame::decode(&cut).is_err());
        }
        let more = Bytes::from([&whole[..], &[0]].concat());
        assert!(Up::decode(&more).is_err() && Frame::decode(&more).is_err());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
