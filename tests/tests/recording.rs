//! One room, recorded and no more, and what becomes of recordings that cannot be written.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use downbeat::host::{NoStopwatch, RoomType};
use downbeat::limits::Limits;
use downbeat::record::{Ending, Recording, Replay};
use downbeat::rooms::Arena;
use downbeat::{RecordError, RecordSettings, RoomId};
use downbeat_schemas::client::ClientMessage;
use downbeat_tests::burner::Burner;
use downbeat_tests::folder::Folder;
use downbeat_tests::patience::{eventually, patient_limits};
use downbeat_tests::player::Player;
use downbeat_tests::server::TestServer;
use serde_json::json;

/// A server that records nothing unless it is told to.
fn server(folder: &Folder, change: impl FnOnce(&mut Limits)) -> TestServer {
    let mut limits = patient_limits();
    change(&mut limits);
    let record = RecordSettings {
        rooms: Vec::new(),
        folder: folder.path().to_owned(),
    };
    TestServer::with(|server| {
        server
            .room::<Burner>("burner")
            .limits(limits)
            .record(record)
    })
}

fn folder(name: &str) -> Folder {
    Folder::new(env!("CARGO_TARGET_TMPDIR"), name)
}

fn room_of(player: &Player) -> RoomId {
    player.seat.room_id.parse().unwrap()
}

/// Where the file of an arena is.
fn file_of(folder: &Folder, player: &Player, part: u32) -> PathBuf {
    let name = format!("arena-{}-{part:04}.beat", player.seat.room_id);
    folder.path().join(name)
}

/// How many entries of a file are whole.
fn entries(file: &PathBuf) -> usize {
    let bytes = fs::read(file).unwrap_or_default();
    let recording = Recording::read(&bytes);
    recording.map_or(0, |recording| recording.entries().flatten().count())
}

/// The end of a file, if it is written.
fn ending(file: &PathBuf) -> Option<Ending> {
    let bytes = fs::read(file).unwrap();
    let mut entries = Recording::read(&bytes).unwrap().entries();
    entries.by_ref().for_each(drop);
    entries.ending()
}

/// The tick after which a file begins, its steps that are as they were, and its end.
fn replay(file: &PathBuf) -> (u64, u64, Ending) {
    let bytes = fs::read(file).unwrap();
    let recording = Recording::read(&bytes).unwrap();
    let mut replay = Replay::new(&recording, &RoomType::new::<Arena>("arena")).unwrap();
    let mut checked = 0;
    while let Some(replayed) = replay.next(&mut NoStopwatch).unwrap() {
        checked += u64::from(replayed.checked);
    }
    (recording.label().tick.0, checked, replay.ending().unwrap())
}

#[test]
fn one_room_is_recorded_for_as_long_as_it_is_wanted() {
    let folder = folder("one");
    let server = server(&folder, |_| {});
    let player = Player::create(&server, "arena", &json!({}));
    let _other = Player::create(&server, "arena", &json!({}));
    let (running, room) = (server.running(), room_of(&player));
    for part in 1..=2 {
        running.record(room).unwrap();
        // It goes on.
        running.record(room).unwrap();
        let file = file_of(&folder, &player, part);
        eventually("some ticks are written", || entries(&file) >= 10);
        running.stop_recording(room).unwrap();
        eventually("the end is written", || ending(&file).is_some());
        let (tick, checked, ending) = replay(&file);
        assert!(tick > 0 && checked > 0, "{tick} {checked}");
        assert_eq!(ending, Ending::Stopped);
    }
    assert_eq!(folder.entries().len(), 2);
    let unknown = "0000000000001".parse().unwrap();
    assert_eq!(running.record(unknown), Err(RecordError::NoSuchRoom));
    assert_eq!(
        running.stop_recording(unknown),
        Err(RecordError::NoSuchRoom)
    );
}

#[test]
fn a_room_that_fills_half_a_file_is_not_recorded() {
    let folder = folder("too-large");
    let server = server(&folder, |limits| limits.recording_bytes_max = 65_536);
    let large = json!({ "ballast": 65_536 });
    let player = Player::create(&server, "burner", &large);
    let error = server.running().record(room_of(&player)).unwrap_err();
    let RecordError::TooLarge(_) = error else {
        panic!("{error}");
    };
    assert!(error.to_string().contains("recording_bytes_max"), "{error}");
    server.wait_for_metrics("the limit is counted", |metrics| {
        metrics.limit_hits("recording_bytes_max") == 1.0
    });
    assert_eq!(folder.entries(), Vec::<PathBuf>::new());
}

#[test]
fn as_many_rooms_are_recorded_at_once_as_there_may_be_files() {
    let folder = folder("many");
    let server = server(&folder, |limits| limits.recordings_max = 2);
    let create = |_| Player::create(&server, "arena", &json!({}));
    let players: Vec<Player> = (0..3).map(create).collect();
    for player in &players {
        server.running().record(room_of(player)).unwrap();
    }
    server.wait_for_metrics("the third is refused", |metrics| {
        metrics.limit_hits("recordings_max") == 1.0
            && metrics.sum("downbeat_recordings_cut_total", &[]) == 1.0
    });
    server.stop();
    let files = folder.entries();
    assert_eq!(files.len(), 2);
    for file in &files {
        assert_eq!(replay(file).2, Ending::RoomEnded);
    }
}

/// Makes the scribe wait: whoever opens a pipe for writing waits for a reader.
fn block_the_scribe(server: &TestServer, folder: &Folder, blocker: &Player) -> PathBuf {
    let pipe = file_of(folder, blocker, 1);
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let (running, room) = (server.running(), room_of(blocker));
    running.record(room).unwrap();
    // What is stopped is handed over at once.
    running.stop_recording(room).unwrap();
    pipe
}

#[test]
fn a_disk_that_is_too_slow_cuts_recordings_which_then_go_on() {
    let folder = folder("slow-disk");
    let server = server(&folder, |limits| limits.scribe_bytes_max = 65_536);
    let mut player = Player::create(&server, "arena", &json!({}));
    let blocker = Player::create(&server, "arena", &json!({}));
    server.running().record(room_of(&player)).unwrap();
    let first = file_of(&folder, &player, 1);
    eventually("its file is begun", || first.exists());

    let pipe = block_the_scribe(&server, &folder, &blocker);
    let mut seq = 0;
    eventually("too much waits", || {
        // Fast enough to fill the queue in a second, and slow enough for `message_rate_max`.
        std::thread::sleep(Duration::from_millis(20));
        seq += 1;
        let payload = &[7; 8_000];
        player.say(&ClientMessage::Raw { seq, payload });
        let metrics = server.metrics();
        metrics.sum("downbeat_recordings_cut_total", &[]) >= 1.0
            && metrics.limit_hits("scribe_bytes_max") >= 1.0
    });
    let reader = std::thread::spawn(move || fs::read(pipe).unwrap());
    let second = file_of(&folder, &player, 2);
    eventually("the next file is begun", || second.exists());
    server.stop();
    reader.join().unwrap();
    assert_eq!(replay(&first).2, Ending::Cut);
    let (tick, _, ending) = replay(&second);
    assert!(tick > 0 && ending == Ending::RoomEnded, "{tick} {ending:?}");
}
