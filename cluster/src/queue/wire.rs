//! A line as Redis scripts: their arguments and answers.
//!
//! Sessions travel as their text and entrants as JSON that the scripts pass on unread: Lua's numbers
//! are doubles.

use std::time::Duration;

use downbeat_schemas::id::SessionId;
use serde::de::DeserializeOwned;

use super::{
    CLAIM, Claim, Entrant, News, OUTCOME, Outcome, QueueError, STAY, Settlement, TURN, Tended,
    Tending, Waiting,
};

/// A script; all of a queue's keys lie in one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueScript {
    /// Of [`Queues::tend`](super::Queues::tend).
    Tend,
    /// Of [`Queues::take_turn`](super::Queues::take_turn).
    TakeTurn,
    /// Of [`Queues::claim`](super::Queues::claim).
    Claim,
    /// Of [`Queues::settle`](super::Queues::settle).
    Settle,
}

macro_rules! script {
    ($file:literal) => {
        concat!(
            include_str!("../lua/queue/lib.lua"),
            include_str!(concat!("../lua/queue/", $file))
        )
    };
}

/// As `lib.lua` names them, in its order.
const KEYS: [&str; 9] = [
    "rank", "since", "stay", "body", "claimed", "due", "told", "found", "turn",
];

impl QueueScript {
    /// For logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tend => "queue/tend",
            Self::TakeTurn => "queue/take_turn",
            Self::Claim => "queue/claim",
            Self::Settle => "queue/settle",
        }
    }

    /// The Lua text.
    pub const fn body(self) -> &'static str {
        match self {
            Self::Tend => script!("tend.lua"),
            Self::TakeTurn => script!("take_turn.lua"),
            Self::Claim => script!("claim.lua"),
            Self::Settle => script!("settle.lua"),
        }
    }
}

/// The keys of a queue, for all scripts.
pub(crate) fn keys(prefix: &str, queue: &str) -> Vec<Vec<u8>> {
    let keys = KEYS.iter();
    keys.map(|key| format!("{prefix}:{{q:{queue}}}:{key}").into_bytes())
        .collect()
}

/// The arguments of a script, behind the time.
#[derive(Debug, Default)]
pub(crate) struct Args(Vec<Vec<u8>>);

impl Args {
    /// `now_ms` is 0 for the clock of the store.
    fn new(now_ms: u64) -> Self {
        Self::default().text(&now_ms)
    }

    fn text(mut self, text: &impl ToString) -> Self {
        self.0.push(text.to_string().into_bytes());
        self
    }

    fn time(self, time: Duration) -> Self {
        self.text(&time.as_millis())
    }

    fn json(mut self, value: &impl serde::Serialize) -> Self {
        // All that is sent came out of JSON, or is plain data.
        self.0.push(serde_json::to_vec(value).unwrap_or_default());
        self
    }

    /// How many, and each of them.
    fn each<T>(self, items: &[T], put: impl Fn(Self, &T) -> Self) -> Self {
        items.iter().fold(self.text(&items.len()), put)
    }

    fn sessions(self, sessions: &[SessionId]) -> Self {
        self.each(sessions, |args, session| args.text(session))
    }
}

pub(crate) fn tend_args(tending: &Tending, entrants_max: u64, now_ms: u64) -> Vec<Vec<u8>> {
    let args = Args::new(now_ms).time(STAY).text(&entrants_max);
    let args = args.each(&tending.entering, |args, entering| {
        let entrant = &entering.entrant;
        let args = args.text(&entrant.session).text(&entrant.rank);
        args.time(entering.waited).json(entrant)
    });
    args.sessions(&tending.staying).sessions(&tending.leaving).0
}

pub(crate) fn take_turn_args(now_ms: u64) -> Vec<Vec<u8>> {
    Args::new(now_ms).time(TURN).0
}

pub(crate) fn claim_args(claim: &Claim, now_ms: u64) -> Vec<Vec<u8>> {
    let args = Args::new(now_ms).time(CLAIM);
    let args = args.each(&claim.matches, |args, (id, sessions)| {
        args.text(id).sessions(sessions)
    });
    let found = |args: Args, (session, found): &(SessionId, u32)| args.text(session).text(found);
    args.each(&claim.found, found).0
}

pub(crate) fn settle_args(settlement: &Settlement, now_ms: u64) -> Vec<Vec<u8>> {
    let args = Args::new(now_ms).time(OUTCOME).text(&settlement.id);
    args.each(&settlement.outcomes, |args, (session, outcome)| {
        let kind = match outcome {
            Some(Outcome::Seat(_)) => "seat",
            Some(Outcome::Refused(_)) => "refused",
            None => "waits",
        };
        args.text(session).text(&kind).json(outcome)
    })
    .0
}

/// The answer to a tending, for those who were named in it.
pub(crate) fn tended(answer: &[u8], tending: &Tending) -> Result<Tended, QueueError> {
    let (news, waiting): (Vec<News>, u32) = read(answer)?;
    let entering = tending.entering.iter();
    let entering = entering.map(|entering| entering.entrant.session);
    let sessions = entering.chain(tending.staying.iter().copied());
    let news: Vec<_> = sessions.zip(news).collect();
    if news.len() != tending.entering.len() + tending.staying.len() {
        return Err(malformed(&"it has news of too few"));
    }
    Ok(Tended { news, waiting })
}

pub(crate) fn turn(answer: &[u8]) -> Result<Option<Vec<Waiting>>, QueueError> {
    let Some(rows): Option<Vec<(String, f64, u64, u32)>> = read(answer)? else {
        return Ok(None);
    };
    let waiting = rows.into_iter().map(|(session, rank, waited_ms, found)| {
        let session = session.parse().map_err(|error| malformed(&error))?;
        let waited = Duration::from_millis(waited_ms);
        Ok(Waiting {
            session,
            rank,
            waited,
            found,
        })
    });
    waiting.collect::<Result<_, _>>().map(Some)
}

pub(crate) fn claimed(
    answer: &[u8],
    claim: &Claim,
) -> Result<Vec<Option<Vec<Entrant>>>, QueueError> {
    let claimed: Vec<Option<Vec<Entrant>>> = read(answer)?;
    if claimed.len() != claim.matches.len() {
        return Err(malformed(&"it has not one entry for each match"));
    }
    Ok(claimed)
}

pub(crate) fn settled(answer: &[u8]) -> Result<bool, QueueError> {
    read(answer)
}

fn read<T: DeserializeOwned>(answer: &[u8]) -> Result<T, QueueError> {
    serde_json::from_slice(answer).map_err(|error| malformed(&error))
}

fn malformed(why: &impl ToString) -> QueueError {
    QueueError::Store(format!("its answer is malformed: {}", why.to_string()))
}
