//! Every maximum of the server in one struct.
//!
//! A limit has a unit (the end of its name), a default, a smallest and largest sensible value, and
//! a stated consequence. What is refused, dropped or closed at a limit is counted under the limit's
//! name in the metrics.

/// One limit as shown to people: `downbeat limits` prints these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitInfo {
    /// The name in [`Limits`], in TOML and on the command line.
    pub name: &'static str,
    /// The value when nothing is set.
    pub default: u64,
    /// The smallest value that is accepted.
    pub min: u64,
    /// The largest value that is accepted.
    pub max: u64,
    /// Why it is there, and what happens at it.
    pub about: &'static str,
}

/// A value that was set for a limit and cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// There is no such limit.
    #[error("there is no limit `{name}`; `downbeat limits` lists all")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The value is outside the accepted range.
    #[error("limit `{name}` = {value} is out of range: write a number from {min} to {max}")]
    OutOfRange {
        /// The limit.
        name: &'static str,
        /// What was asked for.
        value: u64,
        /// The smallest accepted value.
        min: u64,
        /// The largest accepted value.
        max: u64,
    },
}

macro_rules! limits {
    ($( $name:ident = $default:literal in $min:literal ..= $max:literal, $about:literal; )*) => {
        /// The maxima of one node, shared by all its shards. See [`Limits::ALL`] for what they mean.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $( #[doc = $about] #[doc = concat!("\n\nDefault ", $default, ".")] pub $name: u64, )*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $( $name: $default, )* }
            }
        }

        impl Limits {
            /// Every limit with its range and meaning.
            pub const ALL: &'static [LimitInfo] = &[ $( LimitInfo {
                name: stringify!($name),
                default: $default,
                min: $min,
                max: $max,
                about: $about,
            }, )* ];

            /// Sets a limit by name.
            ///
            /// # Errors
            /// [`LimitError`] if there is no such limit or the value is out of its range.
            pub fn set(&mut self, name: &str, value: u64) -> Result<(), LimitError> {
                match name {
                    $( stringify!($name) => {
                        if !($min..=$max).contains(&value) {
                            return Err(LimitError::OutOfRange {
                                name: stringify!($name), value, min: $min, max: $max,
                            });
                        }
                        self.$name = value;
                    } )*
                    _ => return Err(LimitError::Unknown { name: name.to_owned() }),
                }
                Ok(())
            }

            /// Sets a limit to what it was elsewhere: a program may set the fields to what it
            /// likes.
            ///
            /// # Errors
            /// [`LimitError`] if there is no such limit.
            pub fn restore(&mut self, name: &str, value: u64) -> Result<(), LimitError> {
                match name {
                    $( stringify!($name) => self.$name = value, )*
                    _ => return Err(LimitError::Unknown { name: name.to_owned() }),
                }
                Ok(())
            }

            /// The value of a limit by name.
            pub fn value(&self, name: &str) -> Option<u64> {
                match name {
                    $( stringify!($name) => Some(self.$name), )*
                    _ => None,
                }
            }
        }

        // A default outside its own range would refuse its own configuration.
        $( const _: () = assert!(($min as u64) <= $default && $default <= ($max as u64)); )*
    };
}

limits! {
    // Sockets.
    connections_max = 65_536 in 1..=1_048_576,
        "Open sockets per shard. A further one is closed right after accept.";
    connections_per_address_max = 16_384 in 1..=1_048_576,
        "Open sockets per client address and shard; loopback is exempt. A further one is closed right after accept.";
    header_bytes_max = 8_192 in 512..=65_536,
        "Request line and headers of one HTTP request. Beyond: 431 and close.";
    headers_max = 100 in 8..=1_000,
        "Headers of one HTTP request. Beyond: 431 and close.";
    body_bytes_max = 65_536 in 1_024..=16_777_216,
        "Body of one HTTP request. Beyond: 413 and close.";
    header_timeout_ms = 10_000 in 100..=600_000,
        "From accept, or from the first byte of a further request, to its last byte. Beyond: 408 and close.";
    keep_alive_timeout_ms = 30_000 in 100..=3_600_000,
        "Silence between two HTTP requests. Beyond: close.";
    frame_bytes_max = 65_536 in 128..=16_777_216,
        "One WebSocket message of a client, all its fragments together. Beyond: close 1009.";
    message_rate_max = 200 in 1..=1_000_000,
        "Messages of one client per second, each fragment and control frame counted; a burst of one second's worth is allowed. Beyond: close 4007.";
    ping_interval_ms = 20_000 in 100..=3_600_000,
        "Silence of a client after which the server sends a ping.";
    idle_timeout_ms = 60_000 in 200..=86_400_000,
        "Silence of a client, pongs included. Beyond: the connection is dropped.";
    close_timeout_ms = 3_000 in 10..=60_000,
        "From a sent close frame to the client's answer. Beyond: the socket is closed.";
    read_budget_bytes = 1_048_576 in 4_096..=1_073_741_824,
        "Bytes a shard reads in one sweep. What is left waits in the kernel for the next sweep.";
    outbox_bytes_max = 262_144 in 4_096..=1_073_741_824,
        "Bytes queued for one client that reads slowly. Beyond: the queue is dropped and a fresh snapshot follows once the socket takes bytes again.";
    outbox_window_ms = 10_000 in 100..=3_600_000,
        "A second overflow of the outbox within this time: close 4008. So does a full outbox that takes no byte for this long.";

    // Rooms.
    rooms_max = 10_000 in 1..=1_000_000,
        "Rooms per shard. Beyond: creation fails with 503.";
    seat_reservation_ms = 15_000 in 100..=600_000,
        "From a matchmaking answer to its WebSocket. Beyond: the seat is free again and the WebSocket is closed with 4524.";
    hold_seat_max_ms = 600_000 in 0..=86_400_000,
        "The longest time a room may hold the seat of a lost connection. A longer wish is cut to this.";
    inbox_max = 65_536 in 16..=16_777_216,
        "Messages waiting for a room's next tick. Beyond: the message is dropped and counted.";
    inbox_per_client_max = 64 in 1..=65_536,
        "Messages of one client waiting for a room's next tick. Beyond: the message is dropped and counted.";
    rows_max = 65_536 in 1..=16_777_216,
        "Rows of one table. Beyond: insert fails.";
    groups_max = 65_536 in 1..=16_777_216,
        "Groups of one room that clients watch; a group that only holds rows costs nothing. Beyond: watch fails.";
    watches_max = 256 in 1..=65_536,
        "Groups that one client watches. Beyond: watch fails.";
    timers_max = 4_096 in 1..=1_048_576,
        "Timers of one room. Beyond: the hook that asks panics, and so its room closes.";
    spawned_max = 1_024 in 1..=1_048_576,
        "Futures that one room waits for. Beyond: the hook that asks panics, and so its room closes.";
    events_bytes_max = 1_048_576 in 1_024..=1_073_741_824,
        "Bytes of events that one room sends, and of messages that it publishes, in one tick, counted once per broadcast. Beyond: the event is dropped and counted.";
    patch_bytes_max = 1_048_576 in 1_024..=1_073_741_824,
        "One patch of one client. Beyond: the client gets a snapshot instead.";
    metadata_bytes_max = 4_096 in 16..=1_048_576,
        "A room's metadata as JSON. Beyond: set_metadata fails.";
    input_depth_max = 32 in 2..=256,
        "Nesting of an input. Beyond: close 4006.";
    catch_up_steps_max = 5 in 1..=100,
        "Ticks a late room runs in one turn. What is later is skipped and counted.";
    topics_max = 64 in 1..=65_536,
        "Topics that one room hears. Beyond: subscribe fails.";
    topic_messages_max = 1_024 in 1..=1_048_576,
        "Messages of topics that wait for a room's next tick, or for a shard's next turn. Beyond: the message is dropped and counted.";

    // Presence.
    presence_key_bytes_max = 256 in 16..=4_096,
        "A key, a topic, a set's member or a hash's field. Beyond: refused.";
    presence_value_bytes_max = 4_096 in 16..=1_048_576,
        "The value of a hash's field. Beyond: refused.";
    presence_message_bytes_max = 65_536 in 16..=16_777_216,
        "A message that is published to a topic. Beyond: refused.";
    presence_members_max = 16_384 in 1..=1_048_576,
        "Members of one set, fields of one hash. Beyond: a further one is refused.";
    presence_bytes_max = 268_435_456 in 65_536..=1_099_511_627_776,
        "What presence keeps in the memory of a node without Redis, some 64 bytes a key, member or field counted in. Beyond: what adds to it is refused.";
    presence_expiry_default_ms = 86_400_000 in 1_000..=31_536_000_000,
        "How long a key lives after its last write, if nothing else was said.";
    presence_expiry_max_ms = 604_800_000 in 1_000..=31_536_000_000,
        "The longest that a key lives after its last write. A longer wish is cut to this.";
    presence_waiting_max = 16_384 in 16..=1_048_576,
        "Requests of a node that wait for Redis. Beyond: a further one is refused.";
    presence_subscriptions_max = 65_536 in 1..=16_777_216,
        "Subscriptions of a node; a shard has one for each topic that its rooms hear. Beyond: a further one is refused.";
    presence_messages_max = 1_024 in 1..=1_048_576,
        "Messages that wait in one subscription of a program. Beyond: a further one is dropped and counted, and the next that fits says how many were.";

    // Clients whose sockets another node holds.
    relay_bytes_max = 262_144 in 4_096..=1_073_741_824,
        "What the clients of one room said at one shard of another node, kept until the owner has acknowledged it. Beyond: their sockets are not read until it has; beyond twice as much, a client that still speaks is closed with 1011.";
    relay_frame_bytes_max = 262_144 in 1_024..=16_777_216,
        "One letter between the owner of a room and the nodes that hold its clients' sockets. Beyond: what there is to say is cut into several; one message that is larger has a letter of its own.";
    relay_ring_bytes_max = 4_194_304 in 65_536..=1_073_741_824,
        "Frames of one room that not every edge has heard, as bytes; and what must not be lost for the clients of one edge. Beyond: the oldest frame goes, and an edge that lacks it gets fresh snapshots for its clients; beyond for what must not be lost, the edge is given up.";
    relay_ring_frames_max = 1_024 in 16..=65_536,
        "Frames of one room that not every edge has heard. Beyond: the oldest goes, and an edge that lacks it gets fresh snapshots for its clients.";
    relay_reorder_bytes_max = 1_048_576 in 65_536..=1_073_741_824,
        "Frames of one room that wait at an edge for one that is missing. Beyond: the latest is dropped and asked for again.";
    relay_strands_max = 1_024 in 1..=65_536,
        "Shards of other nodes that hold clients of one room. Beyond: the clients of one more are closed with 1011.";
    relay_silence_ms = 5_000 in 500..=600_000,
        "Silence of an edge. Beyond: its room takes the connections of its clients for lost.";
    relay_owner_silence_ms = 1_000 in 500..=600_000,
        "Silence of a room's owner. Beyond: an edge asks the registry who owns the room now.";

    // Files.
    captures_max = 32 in 1..=10_000,
        "Captures of slow ticks in the capture folder. Beyond: the oldest is deleted.";
    capture_bytes_max = 67_108_864 in 65_536..=1_073_741_824,
        "The frozen room of one capture. Beyond: the capture is written without it, and says so.";
    recordings_max = 64 in 2..=10_000,
        "Files in the folder of recordings, and rooms that are recorded at once. Beyond: the oldest file that is not being written is deleted, or a room is not recorded.";
    recording_bytes_max = 67_108_864 in 65_536..=1_073_741_824,
        "One file of a recording. Beyond: it ends, and the next file begins after the tick with the room as it is then. A room that fills half a file is not recorded.";
    scribe_bytes_max = 67_108_864 in 65_536..=1_073_741_824,
        "Captures and recordings of a node that wait for the disk. Beyond: a capture is left out, a recording ends with a mark and goes on in its next file when half of it is written.";

    // The node.
    shutdown_ms = 5_000 in 100..=600_000,
        "From SIGTERM to the end of the process.";
    auth_timeout_ms = 5_000 in 10..=600_000,
        "One call of on_auth. Beyond: 525.";
    matchmake_timeout_ms = 5_000 in 10..=600_000,
        "One matchmaking request, on_auth not counted. Beyond: 503.";
    create_timeout_ms = 5_000 in 10..=600_000,
        "From being the one to create a room for joinOrCreate to the room's publication. Beyond: the next request that waits for such a room may create one.";
    monitor_tries_max = 5 in 1..=1_000,
        "Wrong passwords for the monitor from one address per second. Beyond: 429, whatever the password.";
    monitor_rooms_max = 4_000 in 16..=65_536,
        "Rooms in the monitor's table. Beyond: those with the fewest clients are left out, and it says how many.";
    monitor_room_bytes_max = 65_536 in 1_024..=262_144,
        "What the monitor shows of one room at once: its clients and its state, as JSON. Beyond: the first of them, and how many are left out.";
    queue_entrants_max = 10_000 in 1..=100_000,
        "Clients that wait in one queue, on all nodes. Beyond: the client is told so and sent away.";
    lobbies_max = 256 in 0..=65_536,
        "Rooms of a node that show the listing, each for one filter. Beyond: creating one fails with 523.";
    lobby_rooms_max = 1_000 in 1..=65_536,
        "Rooms that a lobby shows. Beyond: those that came last are left out until others end, and it says how many.";
    finds_waiting_max = 65_536 in 1..=1_048_576,
        "joinOrCreate requests that wait for a room which another one creates. Beyond: 503.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_set_by_its_name_and_range() {
        let mut limits = Limits::default();
        assert_eq!(limits.set("frame_bytes_max", 1_024), Ok(()));
        assert_eq!(limits.frame_bytes_max, 1_024);
        assert_eq!(limits.value("frame_bytes_max"), Some(1_024));
        let error = limits.set("frame_bytes_max", 1).unwrap_err().to_string();
        assert!(error.contains("from 128 to 16777216"), "{error}");
        assert!(matches!(
            limits.set("frames", 1),
            Err(LimitError::Unknown { .. })
        ));
    }

    #[test]
    fn every_limit_says_what_happens() {
        for limit in Limits::ALL {
            assert!(limit.about.ends_with('.'), "{}", limit.name);
            assert!(limit.about.len() > 30, "{}", limit.name);
        }
    }
}
