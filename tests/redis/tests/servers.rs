//! The servers do what tests ask of them, and end.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use downbeat_tests_redis::patience::eventually;
use downbeat_tests_redis::{Client, Login, Options, Reply, Sentinel, Standalone, shared};

fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn a_server_answers_and_ends_when_it_is_dropped() {
    let redis = Standalone::start();
    assert_eq!(redis.command(&["SET", "a", "1"]).text(), "OK");
    assert_eq!(redis.command(&["GET", "a"]).text(), "1");
    assert_eq!(redis.command(&["GET", "b"]), Reply::Nil);
    assert_eq!(redis.command(&["INCR", "a"]).int(), 2);
    assert!(redis.command(&["LPUSH", "a", "1"]).is_error());
    let pid = redis.pid().unwrap();
    assert!(is_alive(pid));
    drop(redis);
    assert!(!is_alive(pid));
}

#[test]
fn a_server_ends_when_its_test_panics() {
    let (tell, hear) = std::sync::mpsc::channel();
    let test = std::thread::spawn(move || {
        let redis = Standalone::start();
        tell.send(redis.pid().unwrap()).unwrap();
        std::panic::resume_unwind(Box::new("as a failed test does"));
    });
    let pid = hear.recv().unwrap();
    assert!(test.join().is_err());
    assert!(!is_alive(pid));
}

#[test]
fn a_server_is_killed_and_comes_back_empty_on_its_port() {
    let redis = Standalone::start();
    let port = redis.port();
    redis.command(&["SET", "a", "1"]);
    redis.kill();
    assert!(!redis.is_running());
    assert!(redis.try_command(&["PING"]).is_err());
    redis.restart();
    assert_eq!(redis.port(), port);
    assert_eq!(redis.command(&["GET", "a"]), Reply::Nil);
}

#[test]
fn a_paused_server_takes_commands_and_answers_later() {
    let redis = Standalone::start();
    redis.pause();
    let (tell, hear) = std::sync::mpsc::channel();
    let address = redis.address();
    std::thread::spawn(move || {
        let reply = Client::connect(address, None).and_then(|mut client| client.command(&["PING"]));
        tell.send(reply.unwrap()).unwrap();
    });
    assert!(hear.recv_timeout(Duration::from_millis(300)).is_err());
    redis.resume();
    assert_eq!(hear.recv().unwrap().text(), "PONG");
}

#[test]
fn options_are_in_force() {
    let login = Login {
        user: Some("admin".to_owned()),
        password: "secret".to_owned(),
    };
    let options = Options::new()
        .line("maxmemory-policy allkeys-lru")
        .without_commands(&["FLUSHALL", "KEYS"])
        .acl("user default off")
        .acl("user admin on >secret ~* &* +@all")
        .login(login);
    let redis = Standalone::start_with(&options);
    assert_eq!(redis.info("memory", "maxmemory_policy"), "allkeys-lru");
    assert!(redis.command(&["FLUSHALL"]).is_error());
    assert!(redis.command(&["KEYS", "*"]).is_error());
    assert_eq!(redis.command(&["ACL", "WHOAMI"]).text(), "admin");
    let mut stranger = Client::connect(redis.address(), None).unwrap();
    assert!(stranger.command(&["GET", "a"]).unwrap().is_error());
}

#[test]
fn sentinels_promote_a_replica() {
    let sentinel = Sentinel::start();
    let master = sentinel.master();
    assert_eq!(master.port(), sentinel.servers()[0].port());
    let before = master.port();
    master.kill();
    eventually("another is master", || sentinel.master().port() != before);
    assert_eq!(sentinel.master().info("replication", "role"), "master");
}

#[test]
fn a_cluster_serves_all_slots_also_after_faults() {
    let cluster = shared::alone();
    assert!(cluster.is_whole());
    assert_eq!(cluster.masters().len(), 3);
    let owner = cluster.owner_of(0);
    owner.kill();
    eventually("a replica takes over", || {
        let masters = cluster.masters();
        masters.len() == 3 && cluster.owner_of(0).port() != owner.port()
    });
    cluster.owner_of(16_383).pause();
    assert!(cluster.heal());
    assert!(cluster.is_whole());
}

#[test]
fn a_slot_moves_with_its_keys() {
    let cluster = shared::alone();
    // CRC16 of "foo" is 44950.
    let slot = 44_950 % 16_384;
    let from = cluster.owner_of(slot);
    from.command(&["SET", "foo", "1"]);
    let mut others = cluster.masters().into_iter();
    let to = others.find(|server| server.port() != from.port()).unwrap();
    let migration = cluster.migrate(slot, to);
    let Reply::Error(error) = from.command(&["SET", "{foo}2", "2"]) else {
        panic!("it has no such key, and may not make one");
    };
    assert!(error.starts_with("ASK "), "{error}");
    migration.finish();
    assert_eq!(cluster.owner_of(slot).port(), to.port());
    assert_eq!(to.command(&["GET", "foo"]).text(), "1");
    assert!(from.command(&["GET", "foo"]).is_error());
}

#[test]
fn tests_that_break_nothing_share_the_cluster() {
    let (one, other) = (shared::together(), shared::together());
    assert_eq!(one.owner_of(7).port(), other.owner_of(7).port());
}

/// Runs itself as a process that starts a server and is killed.
#[test]
fn no_server_outlives_a_killed_process() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "tells_a_pid_and_waits",
            "--ignored",
            "--nocapture",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut lines = std::io::BufRead::lines(lines).map_while(Result::ok);
    let told = lines.find_map(|line| {
        let (_, pid) = line.split_once("pid=")?;
        pid.split(' ').next()?.parse::<u32>().ok()
    });
    let pid = told.expect("it tells a pid");
    assert!(is_alive(pid));
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("the server ends", || !is_running(pid));
    let folder = format!("downbeat-redis-{}", child.id());
    let folder = std::env::temp_dir().join(folder);
    eventually("its folder is gone", || !folder.exists());
}

#[test]
#[ignore = "run by no_server_outlives_a_killed_process, which kills it"]
fn tells_a_pid_and_waits() {
    let redis = Standalone::start();
    redis.pause();
    println!("pid={} ", redis.pid().unwrap());
    std::thread::sleep(Duration::from_secs(600));
}

/// An orphan whose new parent does not wait for it stays as a zombie.
fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
