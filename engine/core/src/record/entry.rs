//! One call of a room, as bytes.

use downbeat_schemas::id::{ConnectionId, ReconnectionToken, SessionId};
use downbeat_schemas::time::Timestamp;

use super::codec::{Reader, put_bytes, put_number};
use crate::host::{Action, SeatIndex};

/// What a recording holds of a room: the calls of [`AnyRoom`](crate::host::AnyRoom) that change it.
///
/// Times are those of the node that recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named like the calls and their arguments")]
pub enum Entry<'a> {
    Reserve {
        now: Timestamp,
        session: SessionId,
        token: ReconnectionToken,
        /// JSON.
        options: &'a [u8],
        /// JSON.
        auth: Option<&'a [u8]>,
    },
    Connect {
        now: Timestamp,
        session: SessionId,
        connection: ConnectionId,
    },
    Reconnect {
        now: Timestamp,
        session: SessionId,
        token: ReconnectionToken,
        next_token: ReconnectionToken,
        connection: ConnectionId,
    },
    /// An input that waited for the next tick. One that was dropped or malformed changed nothing.
    Input {
        seat: SeatIndex,
        seq: u32,
        payload: &'a [u8],
    },
    /// Bytes of the game's own format.
    Raw {
        seat: SeatIndex,
        seq: u32,
        payload: &'a [u8],
    },
    /// What a topic brought. What was dropped, or what the room did not hear, changed nothing.
    Hear {
        topic: &'a str,
        payload: &'a [u8],
    },
    Leave {
        seat: SeatIndex,
    },
    Disconnect {
        seat: SeatIndex,
        consented: bool,
    },
    Pause {
        seat: SeatIndex,
    },
    Resync {
        seat: SeatIndex,
    },
    Rebind {
        seat: SeatIndex,
        connection: ConnectionId,
    },
    /// The ticks that were due.
    Step {
        now: Timestamp,
    },
    /// What the step had to say was handed out.
    Flush {
        /// The hash of the room, frozen then; none if it could not be frozen.
        digest: Option<u64>,
    },
    ShutDown {
        now: Timestamp,
    },
    /// What an operator did, as the calls that follow.
    Lock {
        locked: bool,
    },
    Kick {
        session: SessionId,
        reason: &'a str,
    },
    Close {
        reason: &'a str,
    },
}

const RESERVE: u8 = 1;
const CONNECT: u8 = 2;
const RECONNECT: u8 = 3;
const INPUT: u8 = 4;
const RAW: u8 = 5;
const LEAVE: u8 = 6;
const DISCONNECT: u8 = 7;
const PAUSE: u8 = 8;
const RESYNC: u8 = 9;
const REBIND: u8 = 10;
const STEP: u8 = 11;
const FLUSH: u8 = 12;
const SHUT_DOWN: u8 = 13;
const LOCK: u8 = 14;
const KICK: u8 = 15;
const CLOSE: u8 = 16;
const HEAR: u8 = 17;

impl<'a> Entry<'a> {
    /// As it stands in a recording.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Reserve {
                now,
                session,
                token,
                options,
                auth,
            } => {
                out.push(RESERVE);
                put_number(out, now.0);
                put_session(out, session);
                put_token(out, token);
                put_bytes(out, options);
                out.push(u8::from(auth.is_some()));
                if let Some(auth) = auth {
                    put_bytes(out, auth);
                }
            }
            Self::Connect {
                now,
                session,
                connection,
            } => {
                out.push(CONNECT);
                put_number(out, now.0);
                put_session(out, session);
                put_number(out, connection.0);
            }
            Self::Reconnect {
                now,
                session,
                token,
                next_token,
                connection,
            } => {
                out.push(RECONNECT);
                put_number(out, now.0);
                put_session(out, session);
                put_token(out, token);
                put_token(out, next_token);
                put_number(out, connection.0);
            }
            Self::Input { seat, seq, payload } => put_message(out, INPUT, seat, seq, payload),
            Self::Raw { seat, seq, payload } => put_message(out, RAW, seat, seq, payload),
            Self::Hear { topic, payload } => {
                out.push(HEAR);
                put_bytes(out, topic.as_bytes());
                put_bytes(out, payload);
            }
            Self::Leave { seat } => put_seat(out, LEAVE, seat),
            Self::Disconnect { seat, consented } => {
                put_seat(out, DISCONNECT, seat);
                out.push(u8::from(consented));
            }
            Self::Pause { seat } => put_seat(out, PAUSE, seat),
            Self::Resync { seat } => put_seat(out, RESYNC, seat),
            Self::Rebind { seat, connection } => {
                put_seat(out, REBIND, seat);
                put_number(out, connection.0);
            }
            Self::Step { now } => put_now(out, STEP, now),
            Self::Flush { digest } => {
                out.push(FLUSH);
                out.push(u8::from(digest.is_some()));
                out.extend(digest.into_iter().flat_map(u64::to_le_bytes));
            }
            Self::ShutDown { now } => put_now(out, SHUT_DOWN, now),
            Self::Lock { locked } => out.extend([LOCK, u8::from(locked)]),
            Self::Kick { session, reason } => {
                out.push(KICK);
                put_session(out, session);
                put_bytes(out, reason.as_bytes());
            }
            Self::Close { reason } => {
                out.push(CLOSE);
                put_bytes(out, reason.as_bytes());
            }
        }
    }

    /// None if the bytes are no entry.
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        Some(match reader.byte()? {
            RESERVE => Self::Reserve {
                now: now(reader)?,
                session: session(reader)?,
                token: token(reader)?,
                options: reader.bytes()?,
                auth: match reader.flag()? {
                    true => Some(reader.bytes()?),
                    false => None,
                },
            },
            CONNECT => Self::Connect {
                now: now(reader)?,
                session: session(reader)?,
                connection: connection(reader)?,
            },
            RECONNECT => Self::Reconnect {
                now: now(reader)?,
                session: session(reader)?,
                token: token(reader)?,
                next_token: token(reader)?,
                connection: connection(reader)?,
            },
            INPUT => Self::Input {
                seat: seat(reader)?,
                seq: reader.number_u32()?,
                payload: reader.bytes()?,
            },
            RAW => Self::Raw {
                seat: seat(reader)?,
                seq: reader.number_u32()?,
                payload: reader.bytes()?,
            },
            HEAR => Self::Hear {
                topic: text(reader)?,
                payload: reader.bytes()?,
            },
            LEAVE => Self::Leave {
                seat: seat(reader)?,
            },
            DISCONNECT => Self::Disconnect {
                seat: seat(reader)?,
                consented: reader.flag()?,
            },
            PAUSE => Self::Pause {
                seat: seat(reader)?,
            },
            RESYNC => Self::Resync {
                seat: seat(reader)?,
            },
            REBIND => Self::Rebind {
                seat: seat(reader)?,
                connection: connection(reader)?,
            },
            STEP => Self::Step { now: now(reader)? },
            FLUSH => Self::Flush {
                digest: match reader.flag()? {
                    true => Some(reader.u64()?),
                    false => None,
                },
            },
            SHUT_DOWN => Self::ShutDown { now: now(reader)? },
            LOCK => Self::Lock {
                locked: reader.flag()?,
            },
            KICK => Self::Kick {
                session: session(reader)?,
                reason: text(reader)?,
            },
            CLOSE => Self::Close {
                reason: text(reader)?,
            },
            _ => return None,
        })
    }
}

impl<'a> From<&'a Action> for Entry<'a> {
    fn from(action: &'a Action) -> Self {
        match action {
            Action::Lock => Self::Lock { locked: true },
            Action::Unlock => Self::Lock { locked: false },
            Action::Kick { session, reason } => Self::Kick {
                session: *session,
                reason,
            },
            Action::Close { reason } => Self::Close { reason },
        }
    }
}

fn put_now(out: &mut Vec<u8>, kind: u8, now: Timestamp) {
    out.push(kind);
    put_number(out, now.0);
}

fn put_session(out: &mut Vec<u8>, session: SessionId) {
    out.extend_from_slice(&session.0.to_le_bytes());
}

fn put_token(out: &mut Vec<u8>, token: ReconnectionToken) {
    out.extend_from_slice(&token.0.to_le_bytes());
}

fn put_seat(out: &mut Vec<u8>, kind: u8, seat: SeatIndex) {
    out.push(kind);
    put_number(out, u64::from(seat.slot));
    put_number(out, seat.usage);
}

fn put_message(out: &mut Vec<u8>, kind: u8, seat: SeatIndex, seq: u32, payload: &[u8]) {
    put_seat(out, kind, seat);
    put_number(out, u64::from(seq));
    put_bytes(out, payload);
}

fn now(reader: &mut Reader<'_>) -> Option<Timestamp> {
    reader.number().map(Timestamp)
}

fn session(reader: &mut Reader<'_>) -> Option<SessionId> {
    reader.u64().map(SessionId)
}

fn token(reader: &mut Reader<'_>) -> Option<ReconnectionToken> {
    reader.u128().map(ReconnectionToken)
}

fn connection(reader: &mut Reader<'_>) -> Option<ConnectionId> {
    reader.number().map(ConnectionId)
}

fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a str> {
    std::str::from_utf8(reader.bytes()?).ok()
}

fn seat(reader: &mut Reader<'_>) -> Option<SeatIndex> {
    let slot = reader.number_u32()?;
    let usage = reader.number()?;
    Some(SeatIndex { slot, usage })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEAT: SeatIndex = SeatIndex {
        slot: 3,
        usage: 300,
    };
    const NOW: Timestamp = Timestamp(1_000_000_007);

    fn check(entry: &Entry<'_>) {
        let mut bytes = Vec::new();
        entry.write(&mut bytes);
        let mut reader = Reader(&bytes);
        assert_eq!(Entry::read(&mut reader).as_ref(), Some(entry));
        assert!(reader.is_empty(), "{entry:?}");
        for len in 0..bytes.len() {
            assert_eq!(Entry::read(&mut Reader(&bytes[..len])), None, "{entry:?}");
        }
    }

    #[test]
    fn each_entry_survives_its_bytes() {
        let (session, connection) = (SessionId(u64::MAX), ConnectionId(1 << 40));
        let (token, next_token) = (ReconnectionToken(1), ReconnectionToken(u128::MAX));
        for auth in [None, Some(&b"null"[..])] {
            let options = b"{}";
            check(&Entry::Reserve {
                now: NOW,
                session,
                token,
                options,
                auth,
            });
        }
        check(&Entry::Connect {
            now: NOW,
            session,
            connection,
        });
        check(&Entry::Reconnect {
            now: NOW,
            session,
            token,
            next_token,
            connection,
        });
        let (seat, seq, payload) = (SEAT, u32::MAX, &b"\xa4Stop"[..]);
        check(&Entry::Input { seat, seq, payload });
        check(&Entry::Raw {
            seat,
            seq,
            payload: b"",
        });
        check(&Entry::Hear {
            topic: "grüße",
            payload: b"\xff",
        });
        check(&Entry::Leave { seat });
        check(&Entry::Disconnect {
            seat,
            consented: true,
        });
        check(&Entry::Pause { seat });
        check(&Entry::Resync { seat });
        check(&Entry::Rebind { seat, connection });
        check(&Entry::Step { now: NOW });
        check(&Entry::Flush {
            digest: Some(u64::MAX),
        });
        check(&Entry::Flush { digest: None });
        check(&Entry::ShutDown { now: NOW });
        let reason = || "an operator".to_owned();
        for action in [
            Action::Lock,
            Action::Unlock,
            Action::Kick {
                session,
                reason: reason(),
            },
            Action::Close { reason: reason() },
        ] {
            check(&Entry::from(&action));
        }
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for bytes in [
            &[0][..],
            &[18],
            &[HEAR, 1, 0xff, 0],
            &[CLOSE, 1, 0xff],
            &[0xff],
            &[DISCONNECT, 1, 1, 2],
            &[FLUSH, 2],
        ] {
            assert_eq!(Entry::read(&mut Reader(bytes)), None, "{bytes:?}");
        }
    }
}
