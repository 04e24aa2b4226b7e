//! What happens when nothing happens.

use std::time::Duration;

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::{Connection, Expired, Phase, Protocol};
use crate::http::Response;

impl Connection {
    /// Draws the consequences of times that ran out, and pings a silent client. Call it about once
    /// a second; flush afterwards if it wants to send.
    pub fn check_timers(&mut self, now: Timestamp, limits: &Limits) -> Option<Expired> {
        match (self.phase, &self.protocol) {
            (Phase::Finished, _) => None,
            (Phase::Open, Protocol::Http(_)) => self.check_http(now, limits),
            (Phase::Open, Protocol::WebSocket(_)) => self.check_websocket(now, limits),
            _ => {
                let is_over = now.since(self.phase_since) > milliseconds(limits.close_timeout_ms);
                is_over.then(|| self.finish(Expired::Close))
            }
        }
    }

    fn check_http(&mut self, now: Timestamp, limits: &Limits) -> Option<Expired> {
        if self.outbox.stalled_for(now) > milliseconds(limits.outbox_window_ms) {
            return Some(self.finish(Expired::SlowReader));
        }
        let Protocol::Http(http) = &self.protocol else {
            return None;
        };
        let waited = now.since(http.since());
        if http.is_answering() {
            // How long an answer may take is for the caller to say.
            None
        } else if http.is_between_requests() {
            let is_over = waited > milliseconds(limits.keep_alive_timeout_ms);
            is_over.then(|| self.finish(Expired::KeepAlive))
        } else if waited > milliseconds(limits.header_timeout_ms) {
            self.refuse(Response::text(408, "the request took too long\n"), now);
            Some(Expired::Header)
        } else {
            None
        }
    }

    fn check_websocket(&mut self, now: Timestamp, limits: &Limits) -> Option<Expired> {
        let stalled = self.outbox.stalled_for(now);
        if self.outbox.is_overflowed() && stalled > milliseconds(limits.outbox_window_ms) {
            self.close(CloseCode::SlowReader, "reads too slowly", now);
            return Some(Expired::SlowReader);
        }
        let silence = now.since(self.heard_at);
        if silence > milliseconds(limits.idle_timeout_ms) {
            self.close(CloseCode::IdleTimeout, "nothing was heard", now);
            return Some(Expired::Idle);
        }
        if silence > milliseconds(limits.ping_interval_ms) {
            self.ping_once(limits, now);
        }
        None
    }

    fn ping_once(&mut self, limits: &Limits, now: Timestamp) {
        let Protocol::WebSocket(websocket) = &mut self.protocol else {
            return;
        };
        if !std::mem::replace(&mut websocket.is_pinged, true) {
            self.queue_ping(limits, now);
        }
    }

    fn finish(&mut self, expired: Expired) -> Expired {
        self.lost();
        expired
    }
}

const fn milliseconds(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
