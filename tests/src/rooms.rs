//! A room that does as it is told.

use std::time::Duration;

use downbeat::{
    Component, Ctx, Leave, Reject, Replicate, Room, RoomConfig, SessionId, Single, Table,
};
use futures_channel::oneshot;
use serde::{Deserialize, Serialize};

/// The room. Nothing in it changes unless a client says so, or it was created with `pulse`.
#[derive(Debug, Replicate, Serialize, Deserialize)]
pub struct Probe {
    #[sync]
    scores: Table<SessionId, Score>,
    #[sync]
    diary: Single<Diary>,
    options: ProbeOptions,
    flood: Flood,
}

/// What everyone sees of a client.
#[derive(Clone, Debug, Default, PartialEq, Component, Serialize, Deserialize)]
pub struct Score {
    /// The sum of what it added.
    pub total: i64,
    /// What `on_auth` said of it.
    pub claim: String,
}

/// What was done to the room.
#[derive(Clone, Debug, Default, PartialEq, Component, Serialize, Deserialize)]
pub struct Diary {
    /// Clients that left, and why the last one did.
    pub left: u32,
    /// The name of a [`Leave`].
    pub last_leave: String,
    /// Clients that came back.
    pub reconnected: u32,
}

/// What a test wants of a room, at its creation unless it says otherwise.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProbeOptions {
    /// To be refused with these words.
    pub refuse_create: Option<String>,
    /// To panic in `on_create` with these words.
    pub panic_create: Option<String>,
    /// For the joiner: to be refused with these words.
    pub refuse_join: Option<String>,
    /// Seats; 1,000 by default.
    pub clients_max: Option<u32>,
    /// To go on without clients.
    pub stay: bool,
    /// How long the seat of a lost connection is held.
    pub hold_ms: u64,
    /// To tell everyone of each tick.
    pub pulse: bool,
    /// Published as metadata, to be sorted by.
    pub rank: Option<u32>,
}

/// What a client wants.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named like what they do")]
pub enum ProbeInput {
    Add {
        by: i64,
    },
    /// To be told the state as the room knows it.
    Report,
    Kick {
        session: SessionId,
        reason: String,
    },
    Lock {
        locked: bool,
    },
    Dispose,
    Panic {
        message: String,
    },
    /// To hold up the shard, as no game should.
    Stall {
        ms: u64,
    },
    /// To have a number doubled on another thread.
    Double {
        number: u32,
    },
    /// To send everyone so many bytes in each of the next ticks.
    Flood {
        bytes: u32,
        ticks: u32,
    },
}

/// What everyone hears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named like what happened")]
pub enum ProbeEvent {
    /// All rows, as they are at this moment.
    Report {
        scores: Vec<(SessionId, i64, String)>,
        left: u32,
    },
    Doubled {
        number: u32,
    },
    Pulse {
        tick: u64,
    },
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Flood {
    bytes: u32,
    ticks: u32,
}

impl Room for Probe {
    type Options = ProbeOptions;
    type Input = ProbeInput;
    type Event = ProbeEvent;
    type Timer = ();

    const CONFIG: RoomConfig = RoomConfig::new().tick_hz(50).clients_max(1_000);

    fn on_create(options: ProbeOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
        if let Some(message) = options.panic_create {
            panic!("{message}");
        }
        if let Some(why) = options.refuse_create {
            return Err(Reject::new(why));
        }
        ctx.set_auto_dispose(!options.stay);
        if let Some(clients_max) = options.clients_max {
            ctx.set_clients_max(clients_max);
        }
        if let Some(rank) = options.rank {
            ctx.set_metadata(serde_json::json!({ "rank": rank }))?;
        }
        Ok(Self {
            scores: Table::default(),
            diary: Single::default(),
            options,
            flood: Flood::default(),
        })
    }

    fn on_join(
        &mut self,
        session: SessionId,
        options: ProbeOptions,
        ctx: &mut Ctx<Self>,
    ) -> Result<(), Reject> {
        if let Some(why) = options.refuse_join {
            return Err(Reject::new(why));
        }
        let claim = ctx.auth(session).and_then(|claims| claims.as_str());
        let score = Score {
            total: 0,
            claim: claim.unwrap_or_default().to_owned(),
        };
        self.scores.insert(session, score)?;
        Ok(())
    }

    fn on_input(&mut self, session: SessionId, input: ProbeInput, ctx: &mut Ctx<Self>) {
        match input {
            ProbeInput::Add { by } => {
                if let Some(mut score) = self.scores.get_mut(&session) {
                    score.total += by;
                }
            }
            ProbeInput::Report => ctx.broadcast(&self.report()),
            ProbeInput::Kick { session, reason } => ctx.disconnect(session, reason),
            ProbeInput::Lock { locked: true } => ctx.lock(),
            ProbeInput::Lock { locked: false } => ctx.unlock(),
            ProbeInput::Dispose => ctx.dispose(),
            ProbeInput::Panic { message } => panic!("{message}"),
            ProbeInput::Stall { ms } => std::thread::sleep(Duration::from_millis(ms)),
            ProbeInput::Double { number } => double(number, ctx),
            ProbeInput::Flood { bytes, ticks } => self.flood = Flood { bytes, ticks },
        }
    }

    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
        if self.options.pulse {
            let tick = ctx.tick().0;
            ctx.broadcast(&ProbeEvent::Pulse { tick });
        }
        if self.flood.ticks > 0 {
            self.flood.ticks -= 1;
            ctx.broadcast_bytes(&vec![0; self.flood.bytes as usize]);
        }
    }

    fn on_drop(&mut self, session: SessionId, ctx: &mut Ctx<Self>) {
        if self.options.hold_ms > 0 {
            ctx.hold_seat(session, Duration::from_millis(self.options.hold_ms));
        }
    }

    fn on_reconnect(&mut self, _: SessionId, _: &mut Ctx<Self>) {
        self.diary.reconnected += 1;
    }

    fn on_leave(&mut self, session: SessionId, why: Leave, _: &mut Ctx<Self>) {
        self.scores.remove(&session);
        self.diary.left += 1;
        self.diary.last_leave = format!("{why:?}");
    }
}

impl Probe {
    fn report(&self) -> ProbeEvent {
        let scores = self.scores.iter();
        ProbeEvent::Report {
            scores: scores
                .map(|(session, score)| (*session, score.total, score.claim.clone()))
                .collect(),
            left: self.diary.left,
        }
    }
}

/// Waits for another thread, as for a database.
fn double(number: u32, ctx: &mut Ctx<Probe>) {
    let (answer, question) = oneshot::channel();
    std::thread::spawn(move || answer.send(number * 2));
    ctx.spawn(question, |_, doubled, ctx| {
        if let Ok(number) = doubled {
            ctx.broadcast(&ProbeEvent::Doubled { number });
        }
    });
}
