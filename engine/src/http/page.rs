//! The page at `/`: what runs here.

use downbeat_net::http::Response;

use crate::node::Node;

/// A plain page for people who open the port in a browser.
pub(super) fn front(node: &Node) -> Response {
    let rooms: String = node
        .definitions
        .keys()
        .map(|name| format!("<li><code>{}</code></li>", escape(name)))
        .collect();
    let body = include_str!("page.html")
        .replace("{rooms}", &rooms)
        .replace("{version}", env!("CARGO_PKG_VERSION"))
        .replace("{node}", &node.id.to_string())
        .replace("{shards}", &node.links.len().to_string());
    Response::new(200).body("text/html; charset=utf-8", body)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
