//! Queues: a client waits until enough others of about its rank do, and gets a seat in their match.
//!
//! | file | what |
//! |---|---|
//! | `rules` | what the game says of its matches |
//! | `words` | what clients say, see and hear |
//! | `entrants` | who waits here, and what is to be told of each |
//! | `matcher` | making matches of all who wait in the queue, here and in its other rooms |
//!
//! There may be many rooms of one queue, on many nodes. Each tends its own clients in the common
//! line, and whichever has the turn makes matches of all: see [`downbeat_cluster::queue`].

mod entrants;
mod matcher;
mod rules;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;
use std::time::Duration;

use downbeat_cluster::queue::{Entrant, News, Outcome, QueueError, Tended, Tending};
use downbeat_core::{
    Ctx, GroupId, Leave, Reject, Replicate, Room, RoomConfig, SessionId, Single, Table,
};
use downbeat_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use rules::QueueRules;
pub use words::{EntrantStatus, QueueEvent, QueueOptions, QueueStatus};

use crate::surroundings::{Surroundings, surroundings};
use entrants::Entrants;
use matcher::{MatchError, make_matches};

/// How long the place of a lost connection is kept. Nobody is matched meanwhile who is not there.
const HOLD: Duration = Duration::from_secs(10);
/// How long a client may stay that has its seat.
const SEATED: Duration = Duration::from_secs(15);
/// How long this room makes no matches after it could not.
const PAUSE: Duration = Duration::from_secs(2);
/// A queue's name with the values it is filtered by, bytes. It is a part of keys.
const NAME_BYTES_MAX: usize = 256;

/// One room of a queue. See [`RoomDefinition::queue`](crate::RoomDefinition::queue).
#[derive(Debug, Replicate, Serialize, Deserialize)]
pub struct Queue {
    #[sync]
    status: Single<QueueStatus>,
    /// Each in a group of its own, which its client watches.
    #[sync]
    entrants: Table<SessionId, EntrantStatus>,
    /// Its name in the line.
    queue: String,
    waiting_max: Option<Duration>,
    here: Entrants,
    groups: u32,
    /// When this room may make matches again.
    paused_until: Timestamp,
    /// Whether the line was told of those who are here, and has not answered. A room that waits for an
    /// answer cannot be frozen.
    #[serde(skip)]
    is_tending: bool,
    #[serde(skip)]
    is_matching: bool,
}

/// A client that has its seat has stayed long enough.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Seated(SessionId);

impl Room for Queue {
    type Options = QueueOptions;
    type Input = ();
    type Event = QueueEvent;
    type Timer = Seated;

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(10).clients_max(500);

    fn on_create(options: QueueOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        let name = ctx.room_name().to_owned();
        let around = surroundings().and_then(|around| Some((around.queue_rules(&name)?, around)));
        let (rules, around) = around.ok_or("a queue needs rules: RoomDefinition::queue")?;
        let queue = match around.filter(&name, &options.0) {
            filter if filter == "{}" => name,
            filter => format!("{name}?{filter}"),
        };
        if queue.len() > NAME_BYTES_MAX {
            let found = queue.len();
            let why = format!("the filter makes a name of {found} bytes: {NAME_BYTES_MAX} may be");
            return Err(Reject::new(why));
        }
        Ok(Self {
            status: Single::new(QueueStatus {
                waiting: 0,
                players: rules.matches.players,
            }),
            entrants: Table::default(),
            queue,
            waiting_max: rules.waiting_max,
            here: Entrants::default(),
            groups: 0,
            paused_until: Timestamp::default(),
            is_tending: false,
            is_matching: false,
        })
    }

    fn on_join(
        &mut self,
        session: SessionId,
        options: QueueOptions,
        ctx: &mut Ctx<Self>,
    ) -> Result<(), Reject> {
        let claims = ctx.auth(session).cloned();
        let entrant = Entrant {
            session,
            rank: options.rank(claims.as_ref())?,
            options: options.0,
            claims,
        };
        self.groups = self.groups.wrapping_add(1).max(1);
        let group = GroupId(self.groups);
        ctx.watch(session, group)?;
        self.entrants.insert(session, EntrantStatus::default())?;
        self.entrants.place(&session, group);
        self.here.enter(entrant, ctx.now());
        Ok(())
    }

    /// Asks in one tick and takes the answers in the next, so that the room can be frozen after that.
    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
        self.give_up(ctx);
        if ctx.tick().0.is_multiple_of(2) {
            self.tend(ctx);
            self.make_matches(ctx);
        }
    }

    fn on_timer(&mut self, Seated(session): Seated, ctx: &mut Ctx<Self>) {
        ctx.disconnect(session, "the match has begun");
    }

    fn on_drop(&mut self, session: SessionId, ctx: &mut Ctx<Self>) {
        ctx.hold_seat(session, HOLD);
        self.here.set_away(session, true);
    }

    fn on_reconnect(&mut self, session: SessionId, ctx: &mut Ctx<Self>) {
        self.here.set_away(session, false);
        if let Some(seat) = self.here.seat(session) {
            ctx.send(session, &QueueEvent::Seat(seat.clone()));
        }
    }

    fn on_leave(&mut self, session: SessionId, _: Leave, _: &mut Ctx<Self>) {
        self.entrants.remove(&session);
        self.here.leave(session);
    }

    /// The line is told of those who left last.
    fn on_dispose(&mut self, ctx: &mut Ctx<Self>) {
        self.is_tending = false;
        self.tend(ctx);
    }
}

/// Those who are here, in the common line.
impl Queue {
    fn tend(&mut self, ctx: &mut Ctx<Self>) {
        if self.is_tending {
            return;
        }
        let tending = self.here.tending(ctx.now());
        let Some(around) = surroundings().filter(|_| tending != Tending::default()) else {
            return;
        };
        self.is_tending = true;
        let left = tending.leaving.clone();
        let tended = around.queues().tend(&self.queue, tending, around.now());
        ctx.spawn(tended, |room, tended, ctx| {
            room.is_tending = false;
            room.take(tended, left, ctx);
        });
    }

    fn take(
        &mut self,
        tended: Result<Tended, QueueError>,
        left: Vec<SessionId>,
        ctx: &mut Ctx<Self>,
    ) {
        let tended = match tended {
            Ok(tended) => tended,
            Err(error) => {
                tracing::warn!(queue = self.queue, "{error}");
                return self.here.leave_again(left);
            }
        };
        self.status.waiting = tended.waiting;
        for (session, news) in tended.news {
            if self.here.hear(session, &news) {
                self.tell(session, news, ctx);
            }
        }
    }

    /// Tells a client how things stand for it.
    fn tell(&mut self, session: SessionId, news: News, ctx: &mut Ctx<Self>) {
        match news {
            News::Unknown => {}
            News::Waits { found } => self.show(session, found, false),
            News::Matched { players } => self.show(session, players, true),
            News::Full => self.send_away(session, &QueueEvent::Full, "the queue is full", ctx),
            News::Out(Outcome::Refused(reason)) => {
                let words = reason.clone();
                self.send_away(session, &QueueEvent::Refused { reason }, &words, ctx);
            }
            News::Out(Outcome::Seat(seat)) => self.give_seat(session, seat, ctx),
        }
    }

    fn give_seat(&mut self, session: SessionId, seat: Value, ctx: &mut Ctx<Self>) {
        if let Some(mut status) = self.entrants.get_mut(&session) {
            status.matched = true;
        }
        ctx.send(session, &QueueEvent::Seat(seat));
        ctx.after(SEATED, Seated(session));
    }

    fn show(&mut self, session: SessionId, found: u32, matched: bool) {
        if let Some(mut status) = self.entrants.get_mut(&session) {
            *status = EntrantStatus { found, matched };
        }
    }

    fn send_away(
        &mut self,
        session: SessionId,
        event: &QueueEvent,
        reason: &str,
        ctx: &mut Ctx<Self>,
    ) {
        self.here.leave(session);
        ctx.send(session, event);
        ctx.disconnect(session, reason);
    }

    /// Sends those away who have waited too long, and are not being matched.
    fn give_up(&mut self, ctx: &mut Ctx<Self>) {
        let Some(waiting_max) = self.waiting_max else {
            return;
        };
        for session in self.here.waiting_since(waiting_max, ctx.now()) {
            self.send_away(
                session,
                &QueueEvent::GaveUp,
                "there was no match in time",
                ctx,
            );
        }
    }
}

/// Matches.
impl Queue {
    fn make_matches(&mut self, ctx: &mut Ctx<Self>) {
        if self.is_matching || self.here.is_empty() || ctx.now() < self.paused_until {
            return;
        }
        let Some((around, rules)) = self.rules(ctx) else {
            return;
        };
        self.is_matching = true;
        let queue = self.queue.clone();
        let made = async move { make_matches(&*around, &queue, &rules).await };
        ctx.spawn(made, |room, made, ctx| {
            room.is_matching = false;
            room.matched(made, ctx);
        });
    }

    fn matched(&mut self, made: Result<bool, MatchError>, ctx: &Ctx<Self>) {
        if let Err(error) = made {
            tracing::warn!(queue = self.queue, "no matches for {PAUSE:?}: {error}");
            self.paused_until = ctx.now().after(PAUSE);
        }
    }

    fn rules(&self, ctx: &Ctx<Self>) -> Option<(std::rc::Rc<dyn Surroundings>, Arc<QueueRules>)> {
        let around = surroundings()?;
        let rules = around.queue_rules(ctx.room_name())?;
        Some((around, rules))
    }
}
