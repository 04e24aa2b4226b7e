//! A Redis that does not answer: what waits is bounded, and ends.

use std::future::pending;
use std::task::{Context, Poll, Waker};

use downbeat_cluster::presence::{Channels, Reply, Store, StoreError, serve, shared};
use downbeat_presence::PresenceError;
use downbeat_schemas::limits::Limits;

struct Silence;

impl Store for Silence {
    async fn query(&self, _: &'static str, _: &[u8], _: &[Vec<u8>]) -> Result<Reply, StoreError> {
        pending().await
    }

    async fn write(&self, _: &[u8], _: &[Vec<u8>]) -> Result<Reply, StoreError> {
        pending().await
    }

    async fn publish(&self, _: &[u8], _: &[u8]) -> Result<(), StoreError> {
        pending().await
    }
}

impl Channels for Silence {
    type Bytes = Vec<u8>;

    fn subscribe(&self, _: &[u8]) {}

    fn unsubscribe(&self, _: &[u8]) {}

    async fn next(&self) -> (Vec<u8>, Vec<u8>) {
        pending().await
    }

    async fn heard(&self, _: &[u8]) -> bool {
        pending().await
    }
}

#[test]
fn what_waits_is_bounded_and_ends_with_the_driver() {
    let limits = Limits {
        presence_waiting_max: 100,
        ..Limits::default()
    };
    let (presence, work) = shared(&limits, "test");
    let mut context = Context::from_waker(Waker::noop());
    let mut served = Box::pin(serve(work, Silence, Silence));
    // Those that wait for a topic take nothing from those that ask.
    let mut heard: Vec<_> = (0..200)
        .map(|number| {
            let mut subscribed = presence.subscribe(&number.to_string());
            assert!(subscribed.as_mut().poll(&mut context).is_pending());
            assert!(served.as_mut().poll(&mut context).is_pending());
            subscribed
        })
        .collect();
    let mut asked = Vec::new();
    let refused = loop {
        let mut value = presence.counter("wins").value();
        if let Poll::Ready(answer) = value.as_mut().poll(&mut context) {
            break answer;
        }
        asked.push(value);
        assert!(served.as_mut().poll(&mut context).is_pending());
        assert!(asked.len() < 1_000);
    };
    let error = refused.unwrap_err();
    assert_eq!(error.limit(), Some("presence_waiting_max"));
    assert_eq!(presence.tell("news", b""), Err(error));
    let hits = presence.take_limit_hits();
    assert_eq!(hits.collect::<Vec<_>>(), [("presence_waiting_max", 2)]);
    drop(served);
    for value in &mut asked {
        let Poll::Ready(Err(error)) = value.as_mut().poll(&mut context) else {
            panic!("it waits for nobody");
        };
        assert!(matches!(error, PresenceError::Unavailable(_)), "{error}");
    }
    let last = heard.last_mut().unwrap();
    assert!(matches!(
        last.as_mut().poll(&mut context),
        Poll::Ready(Err(_))
    ));
}
