//! One file: its bytes, what they are, and how long a browser may keep them.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use downbeat_net::http::Response;

#[derive(Clone, Debug)]
pub(super) struct File {
    bytes: Bytes,
    content_type: &'static str,
    /// Changes with the bytes.
    etag: String,
    cache_control: &'static str,
}

/// To be asked for again each time, and usually answered with 304.
const CHECKED: &str = "no-cache";
/// A year, the longest that is heeded, and not even on a reload asked for again.
const KEPT: &str = "public, max-age=31536000, immutable";

impl File {
    pub(super) fn new(name: &str, bytes: Bytes) -> Self {
        let is_named_by_content = name.starts_with("assets/");
        Self {
            content_type: content_type(name),
            etag: etag(&bytes),
            cache_control: if is_named_by_content { KEPT } else { CHECKED },
            bytes,
        }
    }

    /// The file, or word that the client has it: its `If-None-Match` names what is here.
    pub(super) fn answer(&self, if_none_match: Option<&str>) -> Response {
        let is_known = if_none_match.is_some_and(|known| self.is_named_in(known));
        let response = if is_known {
            Response::new(304)
        } else {
            Response::new(200).body(self.content_type, self.bytes.clone())
        };
        response
            .header("ETag", &self.etag)
            .header("Cache-Control", self.cache_control)
            // What a file is, is said: nothing is to be guessed from its bytes.
            .header("X-Content-Type-Options", "nosniff")
    }

    /// RFC 9110, section 13.1.2: a list of tags, weak ones alike, or a star.
    fn is_named_in(&self, known: &str) -> bool {
        let mut tags = known.split(',').map(str::trim);
        tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag)
    }
}

/// The same bytes have the same tag in every process of this build: a restart, or another node
/// behind the same name, costs no one a download.
fn etag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// What browsers are sent by game pages. The rest is offered as bytes.
fn content_type(name: &str) -> &'static str {
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    match suffix {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_names_what_is_here_has_it() {
        let file = File::new("index.html", Bytes::from_static(b"play"));
        let tag = file.etag.clone();
        let check = |known: &str, status: u16| {
            assert_eq!(file.answer(Some(known)).status(), status, "{known}");
        };
        assert_eq!(file.answer(None).status(), 200);
        check(&tag, 304);
        check(&format!("W/{tag}"), 304);
        check(&format!("\"other\", {tag}"), 304);
        check("*", 304);
        check("\"other\"", 200);
        check("", 200);
        check(tag.trim_matches('"'), 200);
    }

    #[test]
    fn other_bytes_have_another_tag() {
        assert_eq!(etag(b"play"), etag(b"play"));
        assert_ne!(etag(b"play"), etag(b"plax"));
    }
}
