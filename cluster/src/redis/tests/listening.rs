//! Sharded subscriptions, and what happens to them.

use std::time::Duration;

use downbeat_tests_redis::{Sentinel, Standalone, shared};
use tokio::time::{Instant, sleep, timeout};

use super::help::{
    PATIENCE, cluster_settings, impatient, key_on, run, sentinel_settings, settings, until, url,
};
use crate::redis::listener::Listener;
use crate::redis::router::Router;
use crate::redis::settings::RedisSettings;
use crate::redis::slot::Slot;

async fn begin(settings: RedisSettings) -> (Router, Listener) {
    let router = Router::connect(settings).await.unwrap();
    let listener = Listener::new(router.clone());
    (router, listener)
}

/// Publishes on a channel until that is heard, and says how long it took. Older messages of it may
/// come first.
async fn until_heard(router: &Router, listener: &Listener, channel: &str) -> Duration {
    let start = Instant::now();
    let stamp = format!("{start:?}");
    loop {
        assert!(start.elapsed() < PATIENCE, "{channel} is not heard");
        let _ = router.publish(channel.as_bytes(), stamp.as_bytes()).await;
        let pause = Duration::from_millis(20);
        while let Ok((found, payload)) = timeout(pause, listener.next()).await {
            if found == channel.as_bytes() && payload == stamp.as_bytes() {
                return start.elapsed();
            }
        }
    }
}

#[test]
fn what_is_wanted_is_heard_and_nothing_else() {
    let redis = Standalone::start();
    run(async {
        let (router, listener) = begin(settings(&[("REDIS_URL", &url(&redis))])).await;
        assert_eq!(router.publish(b"a", b"0").await, Ok(0));
        listener.subscribe(b"a");
        listener.subscribe(b"a");
        listener.subscribe(b"b");
        assert!(!listener.is_heard(b"a"));
        assert!(listener.heard(b"a").await && listener.heard(b"b").await);
        for (channel, payload, receivers) in [("a", "1", 1), ("c", "2", 0), ("b", "\0\r\n", 1)] {
            let published = router.publish(channel.as_bytes(), payload.as_bytes()).await;
            assert_eq!(published, Ok(receivers), "{channel}");
        }
        assert_eq!(listener.next().await, ("a".into(), "1".into()));
        assert_eq!(listener.next().await, ("b".into(), "\0\r\n".into()));
        assert_eq!(listener.try_next(), None);
        // Sent, and not wanted any more when it comes.
        router.publish(b"a", b"3").await.unwrap();
        listener.unsubscribe(b"a");
        assert!(!listener.heard(b"a").await);
        router.publish(b"b", b"4").await.unwrap();
        assert_eq!(listener.next().await, ("b".into(), "4".into()));
        while router.publish(b"a", b"5").await != Ok(0) {
            sleep(Duration::from_millis(5)).await;
        }
    });
}

#[test]
fn many_channels_are_heard() {
    let cluster = shared::together();
    run(async {
        let (router, listener) = begin(cluster_settings(&cluster)).await;
        let channels: Vec<_> = (0..2000).map(|number| format!("many:{number}")).collect();
        for channel in &channels {
            listener.subscribe(channel.as_bytes());
        }
        for channel in &channels {
            assert!(listener.heard(channel.as_bytes()).await);
            router
                .publish(channel.as_bytes(), b"payload")
                .await
                .unwrap();
        }
        for _ in &channels {
            listener.next().await;
        }
        assert_eq!(router.counts().unheard, 0);
    });
}

#[test]
fn what_nobody_takes_is_dropped_and_counted() {
    let redis = Standalone::start();
    run(async {
        let mut settings = settings(&[("REDIS_URL", &url(&redis))]);
        settings.limits.heard_max = 10;
        let (router, listener) = begin(settings).await;
        listener.subscribe(b"a");
        listener.heard(b"a").await;
        for _ in 0..30 {
            router.publish(b"a", b"payload").await.unwrap();
        }
        until("all have come", || {
            let counts = router.counts();
            counts.heard + counts.unheard == 30
        })
        .await;
        let taken = std::iter::from_fn(|| listener.try_next()).count();
        let counts = router.counts();
        assert_eq!((taken, counts.heard, counts.unheard), (10, 10, 20));
    });
}

#[test]
fn a_server_that_comes_back_is_heard_again() {
    let redis = Standalone::start();
    run(async {
        let settings = impatient(settings(&[("REDIS_URL", &url(&redis))]));
        let (router, listener) = begin(settings).await;
        listener.subscribe(b"a");
        until_heard(&router, &listener, "a").await;
        redis.kill();
        while listener.is_heard(b"a") {
            sleep(Duration::from_millis(5)).await;
        }
        redis.restart();
        until_heard(&router, &listener, "a").await;
        redis.pause();
        while listener.is_heard(b"a") {
            sleep(Duration::from_millis(5)).await;
        }
        redis.resume();
        until_heard(&router, &listener, "a").await;
    });
}

#[test]
fn a_failover_by_sentinels_is_followed() {
    let sentinel = Sentinel::start();
    run(async {
        let (router, listener) = begin(impatient(sentinel_settings(&sentinel))).await;
        listener.subscribe(b"a");
        until_heard(&router, &listener, "a").await;
        sentinel.servers()[0].kill();
        let took = until_heard(&router, &listener, "a").await;
        println!("heard again {took:?} after the master was killed");
    });
}

/// Breaks something, and all channels are heard again. One of them is on each master.
fn check(fault: &str, act: impl FnOnce(&shared::Alone, u16)) {
    let cluster = shared::alone();
    run(async {
        let (router, listener) = begin(impatient(cluster_settings(&cluster))).await;
        let channels = [0, 1, 2].map(|third| key_on(third, "listening"));
        for channel in &channels {
            listener.subscribe(channel.as_bytes());
        }
        for channel in &channels {
            until_heard(&router, &listener, channel).await;
        }
        act(&cluster, Slot::of(channels[0].as_bytes()).0);
        for channel in &channels {
            let took = until_heard(&router, &listener, channel).await;
            println!("{fault}: {channel} heard after {took:?}");
        }
        assert!(
            channels
                .iter()
                .all(|channel| listener.is_heard(channel.as_bytes()))
        );
    });
}

#[test]
fn a_killed_master() {
    check("killed", |cluster, slot| cluster.owner_of(slot).kill());
}

#[test]
fn a_paused_master() {
    check("paused", |cluster, slot| cluster.owner_of(slot).pause());
}

#[test]
fn a_slot_that_moves() {
    check("moved", |cluster, slot| {
        let from = cluster.owner_of(slot);
        let masters = cluster.masters();
        let to = masters.iter().find(|server| server.port() != from.port());
        cluster.migrate(slot, to.unwrap()).finish();
    });
}
