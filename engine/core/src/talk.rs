//! What a room said and has not handed out: a log in the order of saying.

use std::ops::Range;

use bytes::Bytes;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::server::ServerMessage;
use flatbuffers::FlatBufferBuilder;

use crate::host::{Outlet, Part};
use crate::seats::Seats;

/// A moment in the log, for [`Talk::withdraw`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    listeners: usize,
}

/// Messages and closes, each with its audience as it was when it was said: a client that is sent
/// away later in the tick still hears it, one that joins later does not.
#[derive(Default)]
pub(crate) struct Talk {
    said: Vec<Said>,
    /// The messages, one behind the other.
    bytes: Vec<u8>,
    /// The audiences, one behind the other. None: someone who is not to hear it after all.
    listeners: Vec<Option<ConnectionId>>,
    /// The audience of everybody, for as long as the seats' roster has this number.
    everybody: Option<(u64, Range<usize>)>,
    builder: FlatBufferBuilder<'static>,
}

enum Said {
    Message {
        to: Range<usize>,
        except: Option<ConnectionId>,
        bytes: Range<usize>,
    },
    Close {
        to: ConnectionId,
        code: CloseCode,
        reason: String,
    },
}

impl Talk {
    pub(crate) const fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Says something to one client.
    pub(crate) fn send(&mut self, to: ConnectionId, message: &ServerMessage<'_>) {
        let start = self.listeners.len();
        self.listeners.push(Some(to));
        self.say(start..start + 1, None, message);
    }

    /// Says something to all that listen now.
    pub(crate) fn broadcast(
        &mut self,
        seats: &Seats,
        except: Option<ConnectionId>,
        message: &ServerMessage<'_>,
    ) {
        let to = self.everybody(seats);
        self.say(to, except, message);
    }

    /// Says something to those of a list.
    pub(crate) fn send_all(
        &mut self,
        to: impl Iterator<Item = ConnectionId>,
        message: &ServerMessage<'_>,
    ) {
        let start = self.listeners.len();
        self.listeners.extend(to.map(Some));
        self.say(start..self.listeners.len(), None, message);
    }

    /// The last word to a connection.
    pub(crate) fn close(&mut self, to: ConnectionId, code: CloseCode, reason: &str) {
        let reason = cut(reason).to_owned();
        self.said.push(Said::Close { to, code, reason });
    }

    pub(crate) const fn mark(&self) -> Mark {
        Mark {
            listeners: self.listeners.len(),
        }
    }

    /// Takes back what a connection was told since `mark`, if it was no listener before.
    pub(crate) fn withdraw(&mut self, mark: Mark, from: ConnectionId) {
        for listener in &mut self.listeners[mark.listeners..] {
            listener.take_if(|listener| *listener == from);
        }
    }

    /// Hands everything out and forgets it; the memory stays.
    pub(crate) fn flush(&mut self, outlet: &mut dyn Outlet) {
        for said in &self.said {
            match said {
                Said::Close { to, code, reason } => outlet.close(*to, *code, reason),
                Said::Message { to, except, bytes } => {
                    let to = &self.listeners[to.clone()];
                    tell(outlet, to, *except, &self.bytes[bytes.clone()]);
                }
            }
        }
        self.said.clear();
        self.bytes.clear();
        self.listeners.clear();
        self.everybody = None;
    }

    fn everybody(&mut self, seats: &Seats) -> Range<usize> {
        if let Some((roster, to)) = &self.everybody
            && *roster == seats.roster()
        {
            return to.clone();
        }
        let start = self.listeners.len();
        let listeners = seats.iter().filter_map(|seat| seat.listener());
        self.listeners.extend(listeners.map(Some));
        let to = start..self.listeners.len();
        self.everybody = Some((seats.roster(), to.clone()));
        to
    }

    fn say(&mut self, to: Range<usize>, except: Option<ConnectionId>, message: &ServerMessage<'_>) {
        let start = self.bytes.len();
        self.bytes
            .extend_from_slice(message.encode(&mut self.builder));
        let bytes = start..self.bytes.len();
        self.said.push(Said::Message { to, except, bytes });
    }
}

/// One message to each listener: copied for one, shared by many.
fn tell(
    outlet: &mut dyn Outlet,
    to: &[Option<ConnectionId>],
    except: Option<ConnectionId>,
    bytes: &[u8],
) {
    let each = to.iter().flatten().filter(|to| Some(**to) != except);
    if to.len() == 1 {
        each.for_each(|to| outlet.send(*to, &[Part::Own(bytes)]));
        return;
    }
    let shared = Bytes::copy_from_slice(bytes);
    each.for_each(|to| outlet.send(*to, &[Part::Shared(&shared)]));
}

/// The payload of a WebSocket close frame is 125 bytes, two of them the code (RFC 6455, 5.5).
const REASON_BYTES_MAX: usize = 123;

/// The start of a text that fits into a close frame.
fn cut(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(REASON_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_between_letters() {
        for (reason, len) in [
            ("", 0),
            ("no", 2),
            (&"x".repeat(200), 123),
            (&"é".repeat(99), 122),
        ] {
            assert_eq!(cut(reason).len(), len);
        }
    }
}
