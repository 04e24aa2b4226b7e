//! The limits of the relay, and its times that are no limits.

use std::time::Duration;

use downbeat_schemas::limits::Limits;

/// While there are strands, the owner says something at least so often.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(250);
/// While a strand is open, it says something at least so often.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_millis(250);
/// An acknowledgement waits so long for a frame that goes out anyway: a room of 20 Hz says something
/// by then and sends no frame for it alone.
pub(crate) const ACK_DELAY: Duration = Duration::from_millis(60);
/// What an edge heard is told so long after it heard it, if nothing else is to be said: the owner
/// keeps frames until then.
pub(crate) const HEARD_DELAY: Duration = Duration::from_millis(100);
/// Without an acknowledgement for so long, entries are sent again: well over `ACK_DELAY`, for the way
/// takes a millisecond where nothing is lost. Mostly the next letter shows the owner before that a
/// letter is missing.
pub(crate) const RESEND_FIRST: Duration = Duration::from_millis(150);
/// It doubles with each time that brought nothing, up to this.
pub(crate) const RESEND_MAX: Duration = Duration::from_millis(1_000);
/// An owner that lacks an earlier letter says so: letters are sent again, at most once in so long.
pub(crate) const GO_BACK_MIN: Duration = Duration::from_millis(20);
/// A missing frame is asked for at once, and again after this; it doubles like `RESEND_FIRST`.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(30);
/// A room that was taken over shows itself for so long to edges that it does not know yet.
pub(crate) const ANNOUNCE: Duration = Duration::from_millis(3_000);

/// The limits of one room's owner or one strand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) up_bytes: usize,
    pub(crate) frame_bytes: usize,
    pub(crate) ring_bytes: usize,
    pub(crate) ring_frames: usize,
    pub(crate) reorder_bytes: usize,
    pub(crate) strands: usize,
    pub(crate) silence: Duration,
    pub(crate) owner_silence: Duration,
}

impl Bounds {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self {
            up_bytes: limits.relay_bytes_max as usize,
            frame_bytes: limits.relay_frame_bytes_max as usize,
            ring_bytes: limits.relay_ring_bytes_max as usize,
            ring_frames: limits.relay_ring_frames_max as usize,
            reorder_bytes: limits.relay_reorder_bytes_max as usize,
            strands: limits.relay_strands_max as usize,
            silence: Duration::from_millis(limits.relay_silence_ms),
            owner_silence: Duration::from_millis(limits.relay_owner_silence_ms),
        }
    }
}
