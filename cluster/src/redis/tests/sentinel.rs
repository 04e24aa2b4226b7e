//! A master that sentinels watch.

use downbeat_tests_redis::{Options, Sentinel};

use super::help::{impatient, run, sentinel_settings, until_written};
use crate::redis::router::Router;
use crate::redis::settings::{RedisSettings, Secret};

fn check(sentinel: &Sentinel, settings: RedisSettings, fault: &str) {
    run(async {
        let router = Router::connect(impatient(settings)).await.unwrap();
        until_written(&router, "a").await;
        let before = router.master_of(b"a");
        let master = sentinel.master();
        match fault {
            "killed" => master.kill(),
            _ => master.pause(),
        }
        let took = until_written(&router, "a").await;
        println!("{fault}: written after {took:?}");
        let after = router.master_of(b"a");
        assert_ne!(after, before);
        if fault == "paused" {
            master.resume();
        } else {
            master.restart();
        }
        for _ in 0..200 {
            until_written(&router, "a").await;
            assert_eq!(router.master_of(b"a"), after);
        }
    });
}

#[test]
fn a_killed_master_is_replaced() {
    let sentinel = Sentinel::start();
    check(&sentinel, sentinel_settings(&sentinel), "killed");
}

#[test]
fn a_paused_master_is_replaced_behind_a_password() {
    let sentinel = Sentinel::start_with(&Options::new().password("pw"));
    let mut settings = sentinel_settings(&sentinel);
    settings.login.password = Some(Secret("pw".to_owned()));
    check(&sentinel, settings, "paused");
}
