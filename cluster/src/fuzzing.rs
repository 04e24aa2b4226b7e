//! What the fuzz targets and the tests feed bytes through: one driver, so that a fuzzer's find is
//! replayed by the ordinary tests as it was found. No part of the public API.

use crate::lease::{RawReply, Reply};

/// Deeper than the script ever nests.
const DEPTH_MAX: usize = 4;

/// Reads any bytes as a reply of the lease's script: no panic, and what is read can be relied on.
///
/// A line is a text; `[` and `]` alone on a line are a list's ends, `~` is nil.
pub fn lease_reply(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n');
    let raw = RawReply::List(list(&mut lines, 0));
    let Ok(reply) = Reply::decode(&raw) else {
        return;
    };
    assert!(reply.late.is_sorted());
    let members = reply.members.iter().flatten();
    assert!(members.is_sorted_by_key(|entry| entry.member));
    assert!(reply.now.0 < 1 << 53 && reply.version.number < 1 << 53);
    // Again the same.
    assert_eq!(Reply::decode(&raw), Ok(reply));
}

fn list<'a>(lines: &mut impl Iterator<Item = &'a [u8]>, depth: usize) -> Vec<RawReply> {
    let mut items = Vec::new();
    while let Some(line) = lines.next() {
        items.push(match line {
            b"]" => return items,
            b"~" => RawReply::Nil,
            b"[" if depth < DEPTH_MAX => RawReply::List(list(lines, depth + 1)),
            text => RawReply::Text(text.to_vec()),
        });
    }
    items
}
