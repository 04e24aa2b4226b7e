//! Requests on their way to a store and back.

use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use downbeat_schemas::id::SessionId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use super::redis::Redis;
use super::{enter, stay};
use crate::Pending;
use crate::queue::{
    Claim, MatchId, News, Outcome, QueueError, QueueRequests, QueueScript, Queues, ScriptStore,
    Settlement, SharedQueues,
};

impl ScriptStore for RefCell<Redis> {
    async fn script(
        &self,
        script: QueueScript,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
    ) -> Result<Vec<u8>, String> {
        Ok(self.borrow_mut().eval(script.body(), keys, args))
    }
}

/// A store that is not reached.
struct Nowhere;

impl ScriptStore for Nowhere {
    async fn script(
        &self,
        script: QueueScript,
        _: &[Vec<u8>],
        _: &[Vec<u8>],
    ) -> Result<Vec<u8>, String> {
        Err(format!("{}: connection refused", script.name()))
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing is awaited here"),
    }
}

fn serve<T>(
    requests: &mut QueueRequests,
    store: &impl ScriptStore,
    answer: Pending<Result<T, QueueError>>,
) -> Result<T, QueueError> {
    now(async {
        let request = requests.next().await.unwrap();
        request.serve(store, "test").await;
        answer.await
    })
}

const NO_TIME: Timestamp = Timestamp(0);

#[test]
fn a_match_is_made_in_redis() {
    let redis = RefCell::new(Redis::start());
    let (queues, mut requests) = SharedQueues::new(&Limits::default());
    for (session, rank) in [(1, 0.5), (2, 1e-7)] {
        let tended = queues.tend("duel", enter(session, rank), NO_TIME);
        let tended = serve(&mut requests, &redis, tended).unwrap();
        assert_eq!(
            tended.news,
            [(SessionId(session), News::Waits { found: 1 })]
        );
    }
    let waiting = serve(&mut requests, &redis, queues.take_turn("duel", NO_TIME));
    let mut ranks: Vec<f64> = waiting
        .unwrap()
        .unwrap()
        .iter()
        .map(|one| one.rank)
        .collect();
    ranks.sort_by(f64::total_cmp);
    assert_eq!(ranks, [1e-7, 0.5]);
    let claim = Claim {
        matches: vec![(MatchId(7), vec![SessionId(1), SessionId(2)])],
        found: Vec::new(),
    };
    let claimed = serve(&mut requests, &redis, queues.claim("duel", claim, NO_TIME)).unwrap();
    assert_eq!(
        claimed[0].as_ref().unwrap()[0],
        enter(1, 0.5).entering[0].entrant
    );
    let seat = || Outcome::Seat(serde_json::json!({ "name": "arena" }));
    let settlement = Settlement {
        id: MatchId(7),
        outcomes: [1, 2]
            .map(|session| (SessionId(session), Some(seat())))
            .into(),
    };
    let settled = queues.settle("duel", settlement, NO_TIME);
    assert_eq!(serve(&mut requests, &redis, settled), Ok(true));
    let tended = queues.tend("duel", stay(&[1]), NO_TIME);
    let tended = serve(&mut requests, &redis, tended).unwrap();
    assert_eq!(tended.news, [(SessionId(1), News::Out(seat()))]);
    assert_eq!(tended.waiting, 2, "until they are fetched");
}

#[test]
fn a_store_that_is_not_reached_says_so() {
    let (queues, mut requests) = SharedQueues::new(&Limits::default());
    let turn = queues.take_turn("duel", NO_TIME);
    let error = serve(&mut requests, &Nowhere, turn).unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn what_waits_for_the_store_is_bounded() {
    let (queues, requests) = SharedQueues::new(&Limits::default());
    let refused = (0..5_000).find_map(|_| {
        let mut turn = queues.take_turn("duel", NO_TIME);
        let polled = turn.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        matches!(polled, Poll::Ready(Err(QueueError::Crowded))).then_some(())
    });
    assert!(refused.is_some());
    drop(requests);
    assert!(now(queues.take_turn("duel", NO_TIME)).is_err());
}
