//! From a connection's outbox to its socket: one system call per client and flush.

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::stream::{Sent, Stream};
use crate::connection::Connection;
use crate::outbox::{Delivery, Part};
use crate::ws;

/// Bytes gathered for one system call. Copying a patch of some hundred bytes is cheaper than
/// naming its parts to the kernel; a large message goes out in batches of this.
pub const BATCH_BYTES_MAX: usize = 64 << 10;

/// Scratch memory, one per shard: bytes on their way to a socket.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    sent_bytes: u64,
}

/// What a flush left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing.
    All,
    /// The socket is full: flush again when it is writable.
    Blocked,
    /// The socket is broken; the connection is finished.
    Lost,
}

impl Batch {
    /// Takes the number of bytes that sockets took since the last call: frame heads and HTTP
    /// included.
    pub fn take_sent_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.sent_bytes)
    }

    fn send(&mut self, stream: &Stream) -> Sent {
        let sent = stream.send(&self.bytes);
        if let Sent::Bytes(bytes) = sent {
            self.sent_bytes += bytes as u64;
        }
        sent
    }
}

/// Sends one binary message, with one system call if nothing waits before it.
///
/// Only what the socket does not take is queued: own parts are copied, shared ones are not.
pub fn send_message(
    connection: &mut Connection,
    stream: &Stream,
    batch: &mut Batch,
    parts: &[Part<'_>],
    limits: &Limits,
    now: Timestamp,
) -> Delivery {
    let head = ws::message_head(parts);
    let payload_bytes: usize = parts.iter().map(|part| part.bytes().len()).sum();
    let message_bytes = head.len() + payload_bytes;
    let is_direct = connection.takes_messages() && connection.queued_bytes() == 0;
    if !is_direct || connection.is_overflowed() || message_bytes > BATCH_BYTES_MAX {
        return queue_and_flush(connection, stream, batch, parts, limits, now);
    }
    batch.bytes.clear();
    batch.bytes.extend_from_slice(&head);
    for part in parts {
        batch.bytes.extend_from_slice(part.bytes());
    }
    let sent = match batch.send(stream) {
        Sent::Bytes(sent) if sent == message_bytes => return Delivery::Sent,
        Sent::Bytes(sent) => sent,
        Sent::Blocked => 0,
        Sent::Broken => {
            connection.lost();
            return Delivery::Lost;
        }
    };
    connection.queue_rest(&head, parts, sent, limits, now)
}

/// Sends what waits, until the socket is full; after the last byte of a connection that ends,
/// tells the peer so.
pub fn flush(
    connection: &mut Connection,
    stream: &Stream,
    batch: &mut Batch,
    now: Timestamp,
) -> Flushed {
    while connection.wants_to_send() {
        batch.bytes.clear();
        connection.gather(&mut batch.bytes, BATCH_BYTES_MAX);
        match batch.send(stream) {
            Sent::Bytes(sent) => {
                connection.sent(sent, now);
                if sent < batch.bytes.len() {
                    return Flushed::Blocked;
                }
            }
            Sent::Blocked => return Flushed::Blocked,
            Sent::Broken => {
                connection.lost();
                return Flushed::Lost;
            }
        }
    }
    if connection.take_write_end() {
        stream.end_writing();
    }
    Flushed::All
}

fn queue_and_flush(
    connection: &mut Connection,
    stream: &Stream,
    batch: &mut Batch,
    parts: &[Part<'_>],
    limits: &Limits,
    now: Timestamp,
) -> Delivery {
    match connection.queue_message(parts, limits, now) {
        Delivery::Queued => match flush(connection, stream, batch, now) {
            Flushed::All => Delivery::Sent,
            Flushed::Blocked => Delivery::Queued,
            Flushed::Lost => Delivery::Lost,
        },
        delivery => delivery,
    }
}
