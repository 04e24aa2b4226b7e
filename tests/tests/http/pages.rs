//! The files that a game serves beside its rooms.

use downbeat::Pages;
use downbeat_tests::server::TestServer;

const PAGE: &[u8] = b"<!doctype html><title>Play</title>";
const SCRIPT: &[u8] = b"console.log('play')";

fn server() -> TestServer {
    let pages = Pages::default()
        .file("index.html", PAGE)
        .file("world.html", b"<!doctype html><title>World</title>")
        .file("favicon.svg", b"<svg/>")
        .file("assets/game-1f3a.js", SCRIPT);
    TestServer::with(|server| server.pages(pages))
}

#[test]
fn a_file_is_served_where_its_name_says() {
    let server = server();
    let check = |path: &str, content_type: &str, cache: &str| {
        let response = server.http().get(path);
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.header("content-type"), Some(content_type));
        assert_eq!(response.header("cache-control"), Some(cache), "{path}");
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert!(!response.body.is_empty(), "{path}");
    };
    let kept = "public, max-age=31536000, immutable";
    check("/", "text/html; charset=utf-8", "no-cache");
    check("/?room=1", "text/html; charset=utf-8", "no-cache");
    check("/world", "text/html; charset=utf-8", "no-cache");
    check("/favicon.svg", "image/svg+xml", "no-cache");
    check(
        "/assets/game-1f3a.js",
        "text/javascript; charset=utf-8",
        kept,
    );
    assert_eq!(server.http().get("/").body, PAGE);
    assert_eq!(server.http().get("/assets/game-1f3a.js").body, SCRIPT);
}

#[test]
fn what_a_browser_has_is_not_sent_again() {
    let server = server();
    let mut http = server.http();
    for path in ["/", "/world", "/assets/game-1f3a.js"] {
        let first = http.get(path);
        let tag = first.header("etag").unwrap().to_owned();
        let ask = |method: &str, tag: &str| {
            let headers = [("If-None-Match", tag)];
            server.http().request(method, path, &headers, "")
        };
        for method in ["GET", "HEAD"] {
            let again = ask(method, &tag);
            assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
            assert_eq!(again.header("cache-control"), first.header("cache-control"));
        }
        let other = ask("GET", "\"0\"");
        assert_eq!((other.status, other.body), (200, first.body), "{path}");
    }
}

#[test]
fn head_says_how_long_a_file_is() {
    let server = server();
    let head = server.http().request("HEAD", "/", &[], "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    let len = PAGE.len().to_string();
    assert_eq!(head.header("content-length"), Some(len.as_str()));
}

#[test]
fn only_what_is_there_is_served_and_only_to_be_read() {
    let server = server();
    let check = |method: &str, path: &str, expected: u16| {
        let response = server.http().request(method, path, &[], "");
        assert_eq!(response.status, expected, "{method} {path}");
    };
    for path in ["/", "/world", "/favicon.svg", "/assets/game-1f3a.js"] {
        for method in ["POST", "PUT", "DELETE"] {
            check(method, path, 405);
        }
    }
    for path in [
        "/index.html",
        "/index",
        "/world.html",
        "/world/",
        "/chat",
        "/assets",
        "/assets/",
        "/assets/../index.html",
        "/%2e%2e/favicon.svg",
    ] {
        check("GET", path, 404);
        check("POST", path, 404);
    }
    // What the server itself answers stays as it is.
    check("GET", "/health", 200);
    check("POST", "/matchmake/joinOrCreate/arena", 200);
}

#[test]
fn no_page_takes_a_path_of_the_server() {
    let pages = Pages::default().file("health.html", PAGE);
    let server = TestServer::with(|server| server.pages(pages));
    assert_eq!(server.http().get("/health").json()["status"], "ok");
    // Without a front page of the game, the plain one is there.
    assert!(server.http().get("/").text().contains(&server.id()));
}

#[test]
fn a_folder_is_served_as_it_lies_there() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let assets = folder.join("assets");
    std::fs::create_dir_all(&assets).unwrap();
    std::fs::write(folder.join("index.html"), PAGE).unwrap();
    std::fs::write(assets.join("game-1f3a.js"), SCRIPT).unwrap();
    let pages = Pages::folder(&folder).unwrap();
    let server = TestServer::with(|server| server.pages(pages));
    assert_eq!(server.http().get("/").body, PAGE);
    assert_eq!(server.http().get("/assets/game-1f3a.js").body, SCRIPT);
    assert!(Pages::folder(folder.join("missing")).is_err());
}
