//! The monitor, from outside: who gets in, what it shows, and that it does what it is told.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

use std::net::{Ipv4Addr, SocketAddr};

use downbeat::rooms::Arena;
use downbeat::{CpuChoice, Pages, RecordSettings, Server, StartError};
use downbeat_schemas::mirror::Mirror;
use downbeat_schemas::rows::Value as RowValue;
use downbeat_tests::folder::Folder;
use downbeat_tests::http::{HttpClient, Response};
use downbeat_tests::metrics::Metrics;
use downbeat_tests::patience::eventually;
use downbeat_tests::player::Player;
use downbeat_tests::process::ServerProcess;
use downbeat_tests::seat;
use downbeat_tests::server::TestServer;
use rustix::process::Signal;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_downbeat-under-test");
const BURNER: &str = env!("CARGO_BIN_EXE_downbeat-burner");
const MONITOR: &str = "/matchmake/joinOrCreate/$monitor";
const PASSWORD: &str = "correct-horse-battery";

/// Asks for a seat in the monitor.
fn knock(address: SocketAddr, headers: &[(&str, &str)]) -> Response {
    HttpClient::connect(address).request("POST", MONITOR, headers, "{}")
}

fn knock_with(address: SocketAddr, password: &str) -> Response {
    let bearer = format!("Bearer {password}");
    knock(address, &[("Authorization", &bearer)])
}

/// Somebody who looks at the monitor of a server on loopback.
fn operator(server: &TestServer) -> Player {
    let seat = seat::answer(&knock(server.address(), &[])).unwrap();
    Player::take(server.address(), &seat)
}

/// A server that all may reach.
fn public(change: impl FnOnce(downbeat::ServerBuilder) -> downbeat::ServerBuilder) -> TestServer {
    TestServer::with(|server| change(server.listen((Ipv4Addr::UNSPECIFIED, 0).into())))
}

#[test]
fn where_others_can_reach_it_there_is_none_without_a_password() {
    let server = public(|server| server);
    assert_eq!(server.http().get("/monitor").status, 404);
    let refusal = seat::answer(&knock(server.address(), &[])).unwrap_err();
    assert_eq!(refusal.code, 520);
}

#[test]
fn the_password_opens_it_and_nothing_else_does() {
    let server = public(|server| server.monitor_password(PASSWORD.parse().unwrap()));
    assert_eq!(server.http().get("/monitor").status, 200);
    let code = |response: &Response| seat::answer(response).unwrap_err().code;
    assert_eq!(code(&knock(server.address(), &[])), 401);
    assert_eq!(code(&knock_with(server.address(), "wrong")), 401);
    for method in ["create", "join"] {
        let path = format!("/matchmake/{method}/$monitor");
        assert_eq!(code(&server.http().post(&path, "{}")), 401, "{method}");
    }
    let seat = seat::answer(&knock_with(server.address(), PASSWORD)).unwrap();
    let by_id = format!("/matchmake/joinById/{}", seat.room_id);
    assert_eq!(code(&server.http().post(&by_id, "{}")), 401);
    let operator = Player::take(server.address(), &seat);
    assert_eq!(operator.welcome.room_name, "$monitor");
}

#[test]
fn whoever_guesses_is_told_to_wait() {
    let server = public(|server| server.monitor_password(PASSWORD.parse().unwrap()));
    eventually("there were too many tries in one second", || {
        knock_with(server.address(), "guess").status == 429
    });
    eventually("the right password is heard again", || {
        knock_with(server.address(), PASSWORD).status == 200
    });
}

#[test]
fn on_loopback_it_is_open_to_its_own_page_only() {
    let server = TestServer::new();
    let own = format!("http://localhost:{}", server.address().port());
    let host = own.trim_start_matches("http://").to_owned();
    let check = |headers: &[(&str, &str)], expected: u16| {
        let request = format!("POST {MONITOR} HTTP/1.1\r\nContent-Length: 2\r\n");
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let mut http = server.http();
        http.send(format!("{request}{headers}\r\n{{}}").as_bytes());
        assert_eq!(http.receive().status, expected, "{headers}");
    };
    check(&[("Host", &host)], 200);
    check(&[("Host", &host), ("Origin", &own)], 200);
    check(&[("Host", &host), ("Origin", "http://evil.example")], 401);
    check(&[("Host", "evil.example")], 401);
    check(&[("Host", &host), ("X-Forwarded-For", "192.0.2.1")], 401);
}

#[test]
fn its_page_stays_where_it_is_whatever_pages_a_game_has() {
    let pages = Pages::default()
        .file("index.html", b"the game")
        .file("monitor.html", b"another monitor");
    let server = TestServer::with(|server| server.pages(pages));
    let page = server.http().get("/monitor");
    let html = page.text();
    assert!(html.contains("Downbeat · Monitor"), "{html}");
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    assert!(html.contains("Content-Security-Policy"));
    let mut assets = html
        .split('"')
        .filter(|text| text.starts_with("/monitor/assets/"));
    let script = assets.find(|path| path.ends_with(".js")).unwrap();
    let script = server.http().get(script);
    assert_eq!(
        script.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    assert!(
        script
            .header("cache-control")
            .unwrap()
            .contains("immutable")
    );
    assert_eq!(server.http().get("/monitor/nothing").status, 404);
    assert_eq!(server.http().post("/monitor", "{}").status, 405);
    assert_eq!(server.http().get("/").text(), "the game");
}

#[test]
fn it_is_not_a_room_among_others() {
    let server = TestServer::new();
    let operator = operator(&server);
    let _player = Player::create(&server, "arena", &json!({}));
    let names: Vec<_> = server
        .rooms()
        .iter()
        .map(|room| room["name"].clone())
        .collect();
    assert_eq!(names, ["arena"]);
    let named = server.http().get("/rooms?name=$monitor").json();
    assert_eq!(named, json!([]));
    // Its ticks cost time like any other's: they are counted, under its own name.
    server.wait_for_metrics("the rooms are counted", |metrics| {
        let rooms = |name| metrics.sum("downbeat_rooms", &[("room", name)]);
        rooms("arena") == 1.0 && rooms("$monitor") == 1.0
    });
    drop(operator);
}

#[test]
fn it_needs_what_metrics_measure_and_a_name_of_its_own() {
    let server = TestServer::with(downbeat::ServerBuilder::without_metrics);
    assert_eq!(server.http().get("/monitor").status, 404);
    drop(server);
    let start = |change: fn(downbeat::ServerBuilder) -> downbeat::ServerBuilder| {
        let server = Server::builder()
            .listen((Ipv4Addr::LOCALHOST, 0).into())
            .cpus(CpuChoice::First(1));
        change(server).start().unwrap_err()
    };
    let error = start(|server| {
        let server = server.monitor_password(PASSWORD.parse().unwrap());
        server.without_metrics()
    });
    assert!(
        matches!(error, StartError::MonitorWithoutMetrics),
        "{error}"
    );
    assert!(!error.to_string().contains(PASSWORD));
    let error = start(|server| server.room::<Arena>("$monitor"));
    assert!(matches!(error, StartError::NameTaken { .. }), "{error}");
}

#[test]
fn nobody_reads_the_password_anywhere() {
    let args = ["--shards", "1", "--log", "trace"];
    let server = ServerProcess::start_with(BINARY, &args, &[("MONITOR_PASSWORD", PASSWORD)]);
    for password in ["wrong", "wrong", PASSWORD] {
        knock_with(server.address, password);
    }
    for path in ["/health", "/rooms", "/metrics", "/monitor", "/"] {
        let answer = HttpClient::connect(server.address).get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text().contains(PASSWORD), "{path}");
    }
    let page = HttpClient::connect(server.address).get("/metrics").text();
    Metrics::parse(&page).unwrap();
    server.process.signal(Signal::TERM);
    let log = server.rest_of_log().join("\n");
    assert!(!log.contains(PASSWORD), "{log}");
    let warnings = log.matches("wrong password for the monitor").count();
    // Twice if the machine stood still for a minute between two tries.
    assert!((1..=2).contains(&warnings), "{log}");
}

#[test]
fn it_shows_rooms_and_shards_as_they_are() {
    let server = TestServer::with_shards(2);
    let players: Vec<_> = (0..4)
        .map(|_| Player::create(&server, "arena", &json!({})))
        .collect();
    let mut operator = operator(&server);
    operator.wait_until(|mirror| {
        let ticked = mirror.rows("moments").unwrap().values();
        let ticks = ticked
            .filter(|row| mirror.field("moments", row, "ticks") != Some(&RowValue::Unsigned(0)));
        let rooms = mirror.rows("rooms").unwrap();
        ticks.count() > 1 && rooms.len() == players.len()
    });
    let mirror = &operator.mirror;
    assert_eq!(mirror.rows("shards").unwrap().len(), 2);
    let mut shards = Vec::new();
    for player in &players {
        let key = RowValue::String(player.seat.room_id.clone());
        let row = mirror.row("rooms", &key).unwrap();
        let field = |name| mirror.field("rooms", row, name).unwrap().clone();
        assert_eq!(field("name"), RowValue::String("arena".to_owned()));
        assert_eq!(field("clients"), RowValue::Unsigned(1));
        assert_eq!(field("clients_max"), RowValue::Unsigned(50));
        shards.push(field("shard"));
    }
    assert!(shards.contains(&RowValue::Unsigned(0)), "{shards:?}");
    assert!(shards.contains(&RowValue::Unsigned(1)), "{shards:?}");
}

#[test]
fn a_room_is_seen_with_its_clients_state_and_ticks() {
    let server = TestServer::new();
    let player = Player::create(&server, "arena", &json!({}));
    let mut operator = operator(&server);
    operator.input(&json!({ "look": { "room": player.seat.room_id } }));
    let detail = operator.wait_for_event(|event: Value| {
        let detail = event.get("room")?.clone();
        (detail["ticks"]["count"].as_u64() > Some(20)).then_some(detail)
    });
    assert_eq!(detail["room"], player.seat.room_id);
    assert_eq!(detail["tickHz"], 20);
    let client = &detail["clients"][0];
    assert_eq!(client["session"], player.seat.session_id);
    assert_eq!(client["phase"], "playing");
    let address = client["address"].as_str().unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let [key, fields] = &detail["tables"][0]["shown"][0].as_array().unwrap()[..] else {
        panic!("{detail}");
    };
    assert_eq!(
        (key, &fields["hp"]),
        (&json!(player.seat.session_id), &json!(100))
    );
    let ticks = &detail["ticks"];
    let buckets = ticks["duration"]["buckets"].as_array().unwrap();
    let sum: u64 = buckets.iter().map(|bucket| bucket.as_u64().unwrap()).sum();
    assert_eq!(Some(sum), ticks["count"].as_u64());
    let room = player.seat.room_id.clone();
    player.leave();
    let gone = operator.wait_for_event(|event: Value| Some(event.get("gone")?["room"].clone()));
    assert_eq!(gone, json!(room));
}

/// Does something to a room; why not, if it was not done.
fn act(operator: &mut Player, number: u32, room: &str, deed: &Value) -> Option<String> {
    operator.input(&json!({ "act": { "number": number, "room": room, "deed": deed } }));
    let refusal = operator.wait_for_event(|event: Value| {
        let done = event.get("done")?;
        (done["number"] == number).then(|| done["refusal"].clone())
    });
    refusal.as_str().map(str::to_owned)
}

#[test]
fn operators_lock_kick_and_close() {
    let server = TestServer::with_shards(2);
    // On both shards: one of them is not the monitor's.
    for number in 0..2 {
        let mut ann = Player::create(&server, "arena", &json!({}));
        let mut bob = ann.join_room_of(&server);
        let mut operator = operator(&server);
        let room = ann.seat.room_id.clone();
        assert_eq!(act(&mut operator, 1, &room, &json!("lock")), None);
        server.wait_for_listing(&room, "locked", true);
        let refused = seat::ask(server.address(), "joinById", &room, &json!({}));
        assert_eq!(refused.unwrap_err().code, 522);
        assert_eq!(act(&mut operator, 2, &room, &json!("unlock")), None);
        server.wait_for_listing(&room, "locked", false);
        let kick = json!({ "kick": { "session": ann.seat.session_id } });
        assert_eq!(act(&mut operator, 3, &room, &kick), None);
        let told = (4004, "an operator sent you away".to_owned());
        assert_eq!(ann.read_to_close(), told, "round {number}");
        let refusal = act(&mut operator, 4, &room, &kick).unwrap();
        assert!(refusal.contains("not in the room"), "{refusal}");
        assert_eq!(act(&mut operator, 5, &room, &json!("close")), None);
        let told = (4003, "an operator closed the room".to_owned());
        assert_eq!(bob.read_to_close(), told);
        server.wait_for_end(&room);
        let refusal = act(&mut operator, 6, &room, &json!("lock")).unwrap();
        assert!(refusal.contains("gone"), "{refusal}");
    }
}

#[test]
fn a_room_is_recorded_while_an_operator_wants_it() {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), "monitor-recordings");
    let record = RecordSettings {
        folder: folder.path().to_owned(),
        ..RecordSettings::default()
    };
    let server = TestServer::with(|server| server.record(record));
    let player = Player::create(&server, "arena", &json!({}));
    let mut operator = operator(&server);
    let room = player.seat.room_id.clone();
    assert_eq!(act(&mut operator, 1, &room, &json!("record")), None);
    let key = RowValue::String(room.clone());
    let is_recorded = |mirror: &Mirror, is: bool| {
        let row = mirror.row("rooms", &key);
        row.and_then(|row| mirror.field("rooms", row, "recorded")) == Some(&RowValue::Bool(is))
    };
    operator.wait_until(|mirror| is_recorded(mirror, true));
    assert_eq!(act(&mut operator, 2, &room, &json!("stopRecording")), None);
    operator.wait_until(|mirror| is_recorded(mirror, false));
    eventually("the recording is there", || {
        let files = folder.entries();
        files
            .iter()
            .any(|file| file.to_string_lossy().contains(&room))
    });
}

#[test]
fn slow_ticks_are_listed_and_their_flame_graphs_given_to_operators() {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), "monitor-captures");
    let args = [
        "--shards",
        "1",
        "--slow-tick-ms",
        "50",
        "--capture-dir",
        folder.arg(),
    ];
    let cooldown = ["--capture-cooldown-ms", "0"];
    let variables = [("MONITOR_PASSWORD", PASSWORD)];
    let server = ServerProcess::start_with(BURNER, &[&args[..], &cooldown].concat(), &variables);
    let seat = seat::ask(server.address, "joinOrCreate", "burner", &json!({}));
    let _player = Player::take(server.address, &seat.unwrap());
    let seat = seat::answer(&knock_with(server.address, PASSWORD)).unwrap();
    let mut operator = Player::take(server.address, &seat);
    operator.wait_until(|mirror| !mirror.rows("captures").unwrap().is_empty());
    let row = operator
        .mirror
        .rows("captures")
        .unwrap()
        .values()
        .next()
        .unwrap();
    let field = |name| operator.mirror.field("captures", row, name).unwrap();
    assert_eq!(field("name"), &RowValue::String("burner".to_owned()));
    let Some(RowValue::String(name)) = &row.key else {
        panic!("{row:?}");
    };
    let path = format!("/monitor/captures/{name}");
    let ask = |path: &str, password: &str| {
        let bearer = format!("Bearer {password}");
        let headers = [("Authorization", bearer.as_str())];
        HttpClient::connect(server.address).request("GET", path, &headers, "")
    };
    assert_eq!(HttpClient::connect(server.address).get(&path).status, 401);
    assert_eq!(ask(&path, "wrong").status, 401);
    assert_eq!(ask("/monitor/captures/..%2f..%2fetc", PASSWORD).status, 404);
    let answer = ask(&path, PASSWORD);
    // Where the kernel allows no sampling, the row says so.
    if field("no_graph") == &RowValue::String(String::new()) {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
        assert!(
            answer
                .header("content-security-policy")
                .unwrap()
                .starts_with("sandbox")
        );
        assert!(answer.text().contains("<svg"));
    } else {
        assert_eq!(answer.status, 404);
    }
}

#[test]
fn beyond_its_limit_rooms_are_counted_and_not_shown() {
    let server = TestServer::with_limits(|limits| limits.monitor_rooms_max = 16);
    let _players: Vec<_> = (0..20)
        .map(|_| Player::create(&server, "probe", &json!({ "stay": true })))
        .collect();
    let mut operator = operator(&server);
    operator.wait_until(|mirror| {
        let left_out = mirror
            .single("node")
            .and_then(|row| mirror.field("node", row, "rooms_left_out"));
        let shown = mirror.rows("rooms").unwrap().len();
        left_out == Some(&RowValue::Unsigned(4)) && shown == 16
    });
}
