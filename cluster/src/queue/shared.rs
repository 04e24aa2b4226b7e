//! The queues of many nodes: requests on their way to the thread that speaks to the store.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;
use futures_channel::{mpsc, oneshot};

use super::{
    Claim, Entrant, News, QueueCounts, QueueError, QueueScript, Queues, Settlement, Tended,
    Tending, Waiting, wire,
};
use crate::Pending;

/// Requests of all shards that wait for the thread of the store. Beyond:
/// [`QueueError::Crowded`], and the room asks again with its next tick.
const REQUESTS_MAX: usize = 1_024;

/// What keeps the queues: runs a script where its keys are.
pub trait ScriptStore {
    /// Runs a script, whose answer is one bulk string. All `keys` lie in one slot.
    ///
    /// An error says why there is no answer; the script may have run.
    fn script(
        &self,
        script: QueueScript,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
    ) -> impl Future<Output = Result<Vec<u8>, String>>;
}

/// The queues as a shard asks for them.
#[derive(Debug)]
pub struct SharedQueues {
    requests: Mutex<mpsc::Sender<QueueRequest>>,
    figures: Arc<Figures>,
}

/// The requests where they are served.
#[derive(Debug)]
pub struct QueueRequests(mpsc::Receiver<QueueRequest>);

/// One request, with the way of its answer.
#[derive(Debug)]
pub struct QueueRequest {
    queue: String,
    asked: Asked,
    figures: Arc<Figures>,
}

#[derive(Debug)]
enum Asked {
    Tend(Tending, Reply<Tended>),
    TakeTurn(Reply<Option<Vec<Waiting>>>),
    Claim(Claim, Reply<Vec<Option<Vec<Entrant>>>>),
    Settle(Settlement, Reply<bool>),
}

type Reply<T> = oneshot::Sender<Result<T, QueueError>>;

#[derive(Debug, Default)]
struct Figures {
    entrants_max: u64,
    refused: AtomicU64,
}

impl SharedQueues {
    /// Both ends of the way to the store.
    pub fn new(limits: &Limits) -> (Self, QueueRequests) {
        let (requests, queue) = mpsc::channel(REQUESTS_MAX);
        let figures = Figures {
            entrants_max: limits.queue_entrants_max,
            refused: AtomicU64::new(0),
        };
        let queues = Self {
            requests: Mutex::new(requests),
            figures: Arc::new(figures),
        };
        (queues, QueueRequests(queue))
    }

    fn ask<T: Send + 'static>(
        &self,
        queue: &str,
        asked: impl FnOnce(Reply<T>) -> Asked,
    ) -> Pending<Result<T, QueueError>> {
        let (reply, answer) = oneshot::channel();
        let request = QueueRequest {
            queue: queue.to_owned(),
            asked: asked(reply),
            figures: Arc::clone(&self.figures),
        };
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = requests.try_send(request);
        Box::pin(async move {
            sent.map_err(|_| QueueError::Crowded)?;
            let ended = |_| Err(QueueError::Store("its thread has ended".to_owned()));
            answer.await.unwrap_or_else(ended)
        })
    }
}

impl Queues for SharedQueues {
    fn tend(
        &self,
        queue: &str,
        tending: Tending,
        _now: Timestamp,
    ) -> Pending<Result<Tended, QueueError>> {
        self.ask(queue, |reply| Asked::Tend(tending, reply))
    }

    fn take_turn(
        &self,
        queue: &str,
        _now: Timestamp,
    ) -> Pending<Result<Option<Vec<Waiting>>, QueueError>> {
        self.ask(queue, Asked::TakeTurn)
    }

    fn claim(
        &self,
        queue: &str,
        claim: Claim,
        _now: Timestamp,
    ) -> Pending<Result<Vec<Option<Vec<Entrant>>>, QueueError>> {
        self.ask(queue, |reply| Asked::Claim(claim, reply))
    }

    fn settle(
        &self,
        queue: &str,
        settlement: Settlement,
        _now: Timestamp,
    ) -> Pending<Result<bool, QueueError>> {
        self.ask(queue, |reply| Asked::Settle(settlement, reply))
    }

    /// The store does so with each request.
    fn expire(&self, _now: Timestamp) {}

    fn counts(&self) -> QueueCounts {
        QueueCounts {
            entrants: 0,
            refused: self.figures.refused.load(Ordering::Relaxed),
        }
    }
}

impl QueueRequests {
    /// The next request; `None` once all shards have ended. To be served beside others: none depends
    /// on another's answer.
    pub async fn next(&mut self) -> Option<QueueRequest> {
        self.0.recv().await.ok()
    }
}

impl QueueRequest {
    /// Asks the store and answers. `prefix` begins all keys.
    pub async fn serve(self, store: &impl ScriptStore, prefix: &str) {
        let keys = wire::keys(prefix, &self.queue);
        let run = async |script, args: Vec<Vec<u8>>| {
            let answer = store.script(script, &keys, &args).await;
            answer.map_err(QueueError::Store)
        };
        // Whoever asked may have given up.
        match self.asked {
            Asked::Tend(tending, reply) => {
                let args = wire::tend_args(&tending, self.figures.entrants_max, 0);
                let answer = run(QueueScript::Tend, args).await;
                let tended = answer.and_then(|answer| wire::tended(&answer, &tending));
                self.figures.note(&tended);
                let _ = reply.send(tended);
            }
            Asked::TakeTurn(reply) => {
                let answer = run(QueueScript::TakeTurn, wire::take_turn_args(0)).await;
                let _ = reply.send(answer.and_then(|answer| wire::turn(&answer)));
            }
            Asked::Claim(claim, reply) => {
                let answer = run(QueueScript::Claim, wire::claim_args(&claim, 0)).await;
                let _ = reply.send(answer.and_then(|answer| wire::claimed(&answer, &claim)));
            }
            Asked::Settle(settlement, reply) => {
                let args = wire::settle_args(&settlement, 0);
                let answer = run(QueueScript::Settle, args).await;
                let _ = reply.send(answer.and_then(|answer| wire::settled(&answer)));
            }
        }
    }
}

impl Figures {
    fn note(&self, tended: &Result<Tended, QueueError>) {
        let Ok(tended) = tended else { return };
        let full = tended.news.iter().filter(|(_, news)| *news == News::Full);
        self.refused
            .fetch_add(full.count() as u64, Ordering::Relaxed);
    }
}
