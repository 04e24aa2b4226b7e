//! The few things of a shard that wait: matchmaking, authentication, a game's own async work.
//!
//! A job is a future that lives on the shard's thread and is polled by the shard's turn. It may be
//! woken from any thread: a wake puts its key into a queue and rings the shard's bell.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crossbeam::queue::SegQueue;
use slab::Slab;

use downbeat_cluster::Located;
use downbeat_core::host::Finished;
use downbeat_net::http::Response;
use downbeat_schemas::id::{ConnectionId, RoomId};

use super::reception::Host;
use super::rooms::RoomKey;
use super::sockets::Goodbye;
use crate::http::{Cors, Visit};
use crate::link::{Bell, Offer, Outcome, Reply};
use crate::matchmake::MatchmakeError;

type BoxedJob = Pin<Box<dyn Future<Output = JobResult>>>;

/// What a job leaves for the turn to do: jobs touch neither sockets nor rooms.
pub(super) enum JobResult {
    /// The answer to an HTTP request.
    Response(ConnectionId, Response),
    /// A request for a seat has got one, or not.
    Matched(ConnectionId, Cors, Result<Offer, MatchmakeError>),
    /// The answer to a request for seats.
    Seats(Reply, Outcome),
    /// A visitor whose room is known, with where it is; or not to be had, with the reason.
    Visit(ConnectionId, Box<Visit>, Result<Host, Goodbye>),
    /// Whose a room of another node is now.
    Owner(RoomId, Located),
    /// A game's own async work is done.
    Spawned(RoomKey, Finished),
}

impl std::fmt::Debug for JobResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Response(..) => "Response",
            Self::Matched(..) => "Matched",
            Self::Seats(..) => "Seats",
            Self::Visit(..) => "Visit",
            Self::Owner(..) => "Owner",
            Self::Spawned(..) => "Spawned",
        })
    }
}

/// The waiting futures of one shard.
pub(crate) struct Jobs {
    jobs: Slab<(BoxedJob, Waker)>,
    woken: Arc<SegQueue<usize>>,
    bell: Arc<Bell>,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Jobs({} waiting)", self.jobs.len())
    }
}

impl Jobs {
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        Self {
            jobs: Slab::new(),
            woken: Arc::new(SegQueue::new()),
            bell,
        }
    }

    /// Takes a future in; it is first polled in this or the next [`Self::run`].
    pub(crate) fn spawn(&mut self, job: impl Future<Output = JobResult> + 'static) {
        let entry = self.jobs.vacant_entry();
        let waker = Waker::from(Arc::new(JobWaker {
            key: entry.key(),
            woken: Arc::clone(&self.woken),
            bell: Arc::clone(&self.bell),
        }));
        self.woken.push(entry.key());
        entry.insert((Box::pin(job), waker));
    }

    /// Polls what was woken; gives the results of the jobs that have ended. A job that wakes itself
    /// is polled again in the next turn.
    pub(crate) fn run(&mut self) -> Vec<JobResult> {
        let mut results = Vec::new();
        for _ in 0..self.woken.len() {
            let Some(key) = self.woken.pop() else { break };
            // A late wake for a job that has ended may meet another job: polling it is harmless.
            let Some((job, waker)) = self.jobs.get_mut(key) else {
                continue;
            };
            let mut context = Context::from_waker(waker);
            if let Poll::Ready(result) = job.as_mut().poll(&mut context) {
                drop(self.jobs.remove(key));
                results.push(result);
            }
        }
        results
    }

    /// Whether [`Self::run`] has something to do.
    pub(crate) fn any_woken(&self) -> bool {
        !self.woken.is_empty()
    }

    /// Jobs that have not ended.
    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }
}

struct JobWaker {
    key: usize,
    woken: Arc<SegQueue<usize>>,
    bell: Arc<Bell>,
}

impl Wake for JobWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.push(self.key);
        self.bell.ring();
    }
}

#[cfg(test)]
mod tests {
    use futures_channel::oneshot;

    use super::*;

    #[test]
    fn a_job_goes_on_when_another_thread_answers() {
        let mut jobs = Jobs::new(Arc::new(Bell::new().unwrap()));
        let (answer, question) = oneshot::channel::<u16>();
        let id = ConnectionId(3);
        jobs.spawn(async move { JobResult::Response(id, Response::new(question.await.unwrap())) });
        assert!(jobs.run().is_empty());
        assert_eq!((jobs.len(), jobs.any_woken()), (1, false));
        std::thread::spawn(move || answer.send(204))
            .join()
            .unwrap()
            .unwrap();
        assert!(jobs.any_woken());
        let results = jobs.run();
        assert!(matches!(results[..], [JobResult::Response(whose, _)] if whose == id));
        assert_eq!(jobs.len(), 0);
    }
}
