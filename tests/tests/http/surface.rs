//! What each path answers.

use downbeat_tests::http::Response;
use downbeat_tests::player::Player;
use downbeat_tests::server::TestServer;
use serde_json::json;

#[test]
fn each_path_takes_its_methods_and_no_others() {
    let server = TestServer::new();
    let check = |method: &str, path: &str, expected: u16| {
        let response = server.http().request(method, path, &[], "");
        assert_eq!(response.status, expected, "{method} {path}");
        if expected == 405 {
            let allow = if path.starts_with("/matchmake") {
                "POST"
            } else {
                "GET"
            };
            let found = response.header("allow").unwrap_or_default();
            assert!(found.contains(allow), "{method} {path}: Allow: {found}");
        }
        if expected >= 400 {
            let body = response.json();
            assert_eq!(body["code"], expected, "{method} {path}");
            assert!(body["error"].is_string(), "{method} {path}");
        }
    };
    for path in [
        "/",
        "/health",
        "/rooms",
        "/rooms?name=arena",
        "/metrics",
        "/metrics/histograms",
    ] {
        check("GET", path, 200);
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            check(method, path, 405);
        }
    }
    check("POST", "/matchmake/joinOrCreate/arena", 200);
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        // The answer to HEAD has no body to look at.
        if method != "HEAD" {
            check(method, "/matchmake/joinOrCreate/arena", 405);
        }
    }
    for path in [
        "/nothing",
        "/health/more",
        "/matchmake",
        "/matchmake/join",
        "/matchmake/join/arena/more",
        "/rooms/arena",
        "/metrics/more",
    ] {
        check("GET", path, 404);
        check("POST", path, 404);
    }
}

#[test]
fn head_is_get_without_the_body() {
    let server = TestServer::new();
    let mut http = server.http();
    for path in ["/", "/health", "/rooms", "/metrics"] {
        let head = http.request("HEAD", path, &[], "");
        let get = http.get(path);
        assert_eq!((head.status, get.status), (200, 200), "HEAD {path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
        let len: usize = head.header("content-length").unwrap().parse().unwrap();
        assert!(len > 0 && head.body.is_empty(), "HEAD {path}");
    }
}

#[test]
fn a_browser_may_read_what_it_asked_for_from_any_page() {
    let server = TestServer::new();
    let origin = [("Origin", "https://play.example")];
    let check = |method: &str, path: &str, expected: u16| {
        let response = server.http().request(method, path, &origin, "");
        assert_eq!(response.status, expected, "{method} {path}");
        let header = |name| response.header(name).unwrap_or("missing");
        assert_eq!(
            header("access-control-allow-origin"),
            "https://play.example"
        );
        assert_eq!(header("access-control-allow-credentials"), "true");
        assert!(header("access-control-allow-methods").contains("POST"));
        let allowed = header("access-control-allow-headers").to_lowercase();
        assert!(allowed.contains("authorization") && allowed.contains("content-type"));
        assert_eq!(header("vary"), "Origin", "a cache must tell pages apart");
    };
    check("GET", "/rooms", 200);
    check("GET", "/health", 200);
    check("GET", "/nothing", 404);
    check("POST", "/rooms", 405);
    check("POST", "/matchmake/joinOrCreate/arena", 200);
    check("POST", "/matchmake/join/nothing", 520);
    check("OPTIONS", "/matchmake/joinOrCreate/arena", 204);
    check("OPTIONS", "/rooms", 204);
}

#[test]
fn without_an_origin_no_page_is_let_in() {
    let server = TestServer::new();
    for method in ["GET", "OPTIONS"] {
        let response = server.http().request(method, "/rooms", &[], "");
        assert_eq!(response.header("access-control-allow-origin"), None);
        assert!(response.body.is_empty() == (method == "OPTIONS"));
    }
}

#[test]
fn an_origin_cannot_write_headers() {
    let server = TestServer::new();
    let origin = [("Origin", "https://a\u{7f}b"), ("X", "y")];
    let response = server.http().request("GET", "/rooms", &origin, "");
    // A refusal is as good as a cleaned echo.
    assert!(matches!(response.status, 200 | 400), "{response:?}");
    assert_eq!(response.header("x"), None);
}

#[test]
fn the_listing_shows_public_rooms_and_all_that_is_said_of_them() {
    let server = TestServer::new();
    assert_eq!(server.rooms(), Vec::<serde_json::Value>::new());
    let chat = Player::create(&server, "chat", &json!({ "channel": "tea" }));
    let arena = Player::create(&server, "arena", &json!({}));
    let private = Player::create(&server, "chat", &json!({ "private": true }));
    server.wait_for_listing(&chat.seat.room_id, "metadata", json!({ "channel": "tea" }));
    assert_eq!(
        server.listing(&chat.seat.room_id).unwrap(),
        json!({
            "roomId": chat.seat.room_id,
            "name": "chat",
            "processId": server.id(),
            "shard": 0,
            "clients": 1,
            "maxClients": 200,
            "locked": false,
            "metadata": { "channel": "tea" },
        })
    );
    let names = |path: &str| -> Vec<String> {
        let rooms = server.http().get(path).json();
        let rooms = rooms.as_array().unwrap().iter();
        let mut names: Vec<String> = rooms
            .map(|room| room["roomId"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let mut both = vec![chat.seat.room_id.clone(), arena.seat.room_id.clone()];
    both.sort();
    assert_eq!(names("/rooms"), both);
    assert_eq!(names("/rooms?name=chat"), [chat.seat.room_id.as_str()]);
    assert_eq!(names("/rooms?name=ch%61t"), [chat.seat.room_id.as_str()]);
    assert_eq!(names("/rooms?name=world"), Vec::<String>::new());
    // Not listed, but open to those who know its id.
    private.join_room_of(&server);
}

#[test]
fn health_says_who_is_well() {
    let server = TestServer::new();
    let health = server.http().get("/health");
    assert_eq!(health.status, 200);
    let body = health.json();
    assert_eq!(body["status"], "ok");
    assert_eq!(body["processId"], server.id());
    assert_eq!(body["shards"], 1);
}

#[test]
fn the_front_page_says_what_runs_here() {
    let server = TestServer::new();
    let Response { body, .. } = server.http().get("/");
    let page = String::from_utf8(body).unwrap();
    for word in ["<!doctype html>", "arena", "chat", "world", &server.id()] {
        let found = page.to_lowercase().contains(&word.to_lowercase());
        assert!(found, "`{word}` is not in:\n{page}");
    }
    for place in ["{rooms}", "{version}", "{node}", "{shards}"] {
        assert!(!page.contains(place), "{place} was not filled:\n{page}");
    }
}
