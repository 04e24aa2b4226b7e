//! One server.

use std::time::Duration;

use downbeat_tests_redis::Standalone;
use redis::{Pipeline, Value};
use tokio::time::sleep;

use super::help::{cmd, query, run, settings, until, until_written, url};
use crate::redis::error::RedisError;
use crate::redis::router::Router;
use crate::redis::script::Script;

static ADD: Script = Script::new("add", "return redis.call('INCRBY', KEYS[1], ARGV[1])");

#[test]
fn commands_pipelines_and_scripts_are_answered() {
    let redis = Standalone::start();
    run(async {
        let router = Router::connect(settings(&[("REDIS_URL", &url(&redis))])).await;
        let router = router.unwrap();
        assert_eq!(query(&router, &["SET", "a", "1"]).await, Ok(Value::Okay));
        let mut pipeline = Pipeline::new();
        pipeline.add_command(cmd(&["INCR", "a"]));
        pipeline.add_command(cmd(&["LPUSH", "a", "1"]));
        pipeline.add_command(cmd(&["GET", "a"]));
        let answers = router.pipeline(b"a", pipeline).await.unwrap();
        let [
            Value::Int(2),
            Value::ServerError(error),
            Value::BulkString(text),
        ] = &answers[..]
        else {
            panic!("{answers:?}");
        };
        assert_eq!((error.code(), text.as_slice()), ("WRONGTYPE", &b"2"[..]));
        // Twice: by its body, then by its hash.
        for sum in [5, 8] {
            let sum = Ok(Value::Int(sum));
            let args = [b"3".to_vec()];
            assert_eq!(router.script(&ADD, &[b"a".to_vec()], &args).await, sum);
        }
        let (keys, args) = ([b"a".to_vec()], [b"1".to_vec()]);
        let confirmed = router.script_confirmed(&ADD, &keys, &args).await;
        assert_eq!(confirmed, Ok((Value::Int(9), 0)), "it has no replica");
        let error = query(&router, &["LPUSH", "a", "1"]).await.unwrap_err();
        assert!(matches!(&error, RedisError::Refused { code, .. } if code == "WRONGTYPE"));
        assert!(!error.is_without_effect());
        assert_eq!(router.publish(b"channel", b"payload").await, Ok(0));
    });
}

#[test]
fn figures_are_read() {
    let redis = Standalone::start();
    run(async {
        let mut settings = settings(&[("REDIS_URL", &url(&redis))]);
        settings.limits.figures_ms = 10;
        let router = Router::connect(settings).await.unwrap();
        query(&router, &["SET", "a", "1"]).await.unwrap();
        query(&router, &["GET", "a"]).await.unwrap();
        query(&router, &["GET", "b"]).await.unwrap();
        until("the figures are read", || {
            let figures = &router.figures()[0];
            figures
                .hit_ratio()
                .is_some_and(|ratio| ratio > 0.0 && ratio < 1.0)
        })
        .await;
        let figures = &router.figures()[0];
        assert!(figures.is_connected && figures.is_master);
        assert!(figures.used_memory_bytes > 0 && figures.clients > 0);
        assert!(figures.round_trip > Duration::ZERO);
    });
}

#[test]
fn a_server_that_is_gone_fails_commands_at_once_and_is_found_again() {
    let redis = Standalone::start();
    run(async {
        let router = Router::connect(settings(&[("REDIS_URL", &url(&redis))])).await;
        let router = router.unwrap();
        redis.kill();
        until("it is missed", || !router.figures()[0].is_connected).await;
        let error = query(&router, &["SET", "a", "1"]).await.unwrap_err();
        assert!(matches!(error, RedisError::NotConnected { .. }), "{error}");
        assert!(error.is_without_effect());
        assert!(router.counts().node_errors > 0);
        redis.restart();
        until_written(&router, "a").await;
        assert!(router.counts().connected >= 2);
    });
}

#[test]
fn a_paused_server_is_given_up_and_found_again() {
    let redis = Standalone::start();
    run(async {
        let mut settings = settings(&[("REDIS_URL", &url(&redis))]);
        settings.limits.command_timeout_ms = 250;
        let router = Router::connect(settings).await.unwrap();
        redis.pause();
        let error = query(&router, &["SET", "a", "1"]).await.unwrap_err();
        assert!(!error.is_without_effect(), "{error}");
        until("it is given up", || !router.figures()[0].is_connected).await;
        sleep(Duration::from_millis(300)).await;
        redis.resume();
        until_written(&router, "a").await;
    });
}

#[test]
fn the_last_clone_ends_the_connections() {
    let redis = Standalone::start();
    run(async {
        let router = Router::connect(settings(&[("REDIS_URL", &url(&redis))])).await;
        let router = router.unwrap();
        let clone = router.clone();
        drop(router);
        query(&clone, &["SET", "a", "1"]).await.unwrap();
        drop(clone);
        // The set-up's own connection is the one that is left.
        until("it is alone", || {
            redis.info("clients", "connected_clients") == "1"
        })
        .await;
    });
}
