//! Three masters with replicas: redirections, and masters that are lost.

use std::sync::atomic::{AtomicBool, Ordering};

use downbeat_tests_redis::shared;
use redis::{Pipeline, Value};

use super::help::{cluster_settings, cmd, impatient, key_on, query, run, until, until_written};
use crate::copies::COPY_TAGS;
use crate::redis::router::Router;
use crate::redis::script::Script;
use crate::redis::slot::Slot;

static PUT: Script = Script::new("put", "return redis.call('SET', KEYS[1], ARGV[1])");

#[test]
fn each_command_goes_to_the_owner_of_its_key() {
    let cluster = shared::together();
    run(async {
        let router = Router::connect(cluster_settings(&cluster)).await.unwrap();
        for number in 0..100 {
            let key = format!("routed:{number}");
            query(&router, &["SET", &key, "1"]).await.unwrap();
        }
        assert_eq!(router.counts().redirections, 0);
        assert_eq!(router.counts().command_errors, 0);
        assert_eq!(router.figures().len(), 6);
        let (keys, args) = ([b"routed:0".to_vec()], [b"2".to_vec()]);
        let (answer, replicas) = router.script_confirmed(&PUT, &keys, &args).await.unwrap();
        assert_eq!((answer, replicas), (Value::Okay, 1));
        let mut masters = COPY_TAGS.map(|tag| router.master_of(tag.as_bytes()).unwrap());
        masters.sort();
        assert!(masters[0] < masters[1] && masters[1] < masters[2]);
    });
}

#[test]
fn ask_is_followed_for_what_is_on_its_way() {
    let cluster = shared::alone();
    let there = key_on(0, "ask");
    let tag = there.split(['{', '}']).nth(1).unwrap().to_owned();
    let slot = Slot::of(there.as_bytes()).0;
    let masters = cluster.masters();
    let from = cluster.owner_of(slot);
    let to = masters.iter().find(|server| server.port() != from.port());
    run(async {
        let router = Router::connect(cluster_settings(&cluster)).await.unwrap();
        query(&router, &["SET", &there, "old"]).await.unwrap();
        let migration = cluster.migrate(slot, to.unwrap());
        let before = router.counts().redirections;
        // Not moved yet: the old owner has it. A new key is made where the slot goes.
        assert_eq!(
            query(&router, &["APPEND", &there, "er"]).await,
            Ok(Value::Int(5))
        );
        assert_eq!(router.counts().redirections, before);
        let new = format!("{{{tag}}}new");
        assert_eq!(
            query(&router, &["APPEND", &new, "new"]).await,
            Ok(Value::Int(3))
        );
        assert_eq!(router.counts().redirections, before + 1);
        let mut both = Pipeline::new();
        both.add_command(cmd(&["APPEND", &there, "!"]));
        both.add_command(cmd(&["APPEND", &new, "!"]));
        both.add_command(cmd(&["APPEND", &there, "!"]));
        let answers = router.pipeline(there.as_bytes(), both).await;
        assert_eq!(answers, Ok([6, 4, 7].map(Value::Int).into()));
        let (keys, args) = ([new.clone().into_bytes()], [b"put".to_vec()]);
        let confirmed = router.script_confirmed(&PUT, &keys, &args).await;
        assert_eq!(confirmed, Ok((Value::Okay, 1)));
        migration.finish();
        let value = query(&router, &["GET", &there]).await;
        assert_eq!(value, Ok(Value::BulkString(b"older!!".to_vec())));
        let value = query(&router, &["GET", &new]).await;
        assert_eq!(value, Ok(Value::BulkString(b"put".to_vec())));
    });
}

#[test]
fn a_slot_moves_under_load_and_nothing_is_lost_or_done_twice() {
    let cluster = shared::alone();
    let key = key_on(1, "moving");
    let slot = Slot::of(key.as_bytes()).0;
    let (is_running, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    let settings = cluster_settings(&cluster);
    let load = || {
        run(async {
            let router = Router::connect(settings.clone()).await.unwrap();
            let mut sum = 0;
            while !is_over.load(Ordering::Relaxed) || sum < 100 {
                let answer = query(&router, &["INCR", &key]).await;
                // While its key is between two servers, the old owner says TRYAGAIN.
                if let Ok(answer) = answer {
                    sum += 1;
                    assert_eq!(answer, Value::Int(sum));
                }
                is_running.store(true, Ordering::Relaxed);
            }
            let last = query(&router, &["GET", &key]).await;
            assert_eq!(last, Ok(Value::BulkString(sum.to_string().into_bytes())));
            let counts = router.counts();
            assert!(counts.redirections > 0);
            println!("{sum} done, {} refused, {counts:?}", counts.command_errors);
        });
    };
    std::thread::scope(|scope| {
        let load = scope.spawn(load);
        while !is_running.load(Ordering::Relaxed) && !load.is_finished() {
            std::thread::yield_now();
        }
        for _ in 0..4 {
            let from = cluster.owner_of(slot);
            let masters = cluster.masters();
            let to = masters.iter().find(|server| server.port() != from.port());
            cluster.migrate(slot, to.unwrap()).finish();
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_killed_master_is_replaced_and_comes_back_as_a_replica() {
    let cluster = shared::alone();
    run(async {
        let router = Router::connect(impatient(cluster_settings(&cluster)))
            .await
            .unwrap();
        let keys = [0, 1, 2].map(|third| key_on(third, "killed"));
        let changes = router.changes();
        let before = router.master_of(keys[0].as_bytes());
        let killed = cluster.owner_of(Slot::of(keys[0].as_bytes()).0);
        killed.kill();
        for key in &keys {
            let took = until_written(&router, key).await;
            println!("killed: {key} written after {took:?}");
        }
        assert!(changes.has_changed().unwrap());
        assert_ne!(router.master_of(keys[0].as_bytes()), before);
        assert_eq!(router.counts().nodes_removed, 0);
        killed.restart();
        until("all are connected", || {
            router.figures().iter().all(|node| node.is_connected)
        })
        .await;
        until_written(&router, &keys[0]).await;
    });
}

#[test]
fn a_paused_master_is_replaced_and_gets_nothing_when_it_goes_on() {
    let cluster = shared::alone();
    run(async {
        let router = Router::connect(impatient(cluster_settings(&cluster)))
            .await
            .unwrap();
        let keys = [0, 1, 2].map(|third| key_on(third, "paused"));
        let before = router.master_of(keys[0].as_bytes());
        let paused = cluster.owner_of(Slot::of(keys[0].as_bytes()).0);
        paused.pause();
        for key in &keys {
            let took = until_written(&router, key).await;
            println!("paused: {key} written after {took:?}");
        }
        let after = router.master_of(keys[0].as_bytes());
        assert_ne!(after, before);
        paused.resume();
        for number in 0..200 {
            until_written(&router, &keys[0]).await;
            let owner = router.master_of(keys[0].as_bytes());
            assert_eq!(owner, after, "in write {number}");
        }
    });
}
