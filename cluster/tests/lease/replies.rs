//! Replies as bytes from outside: the fuzzer's corpus and mutations of it, and golden arguments.

use std::path::PathBuf;

use downbeat_cluster::fuzzing::lease_reply;
use downbeat_cluster::lease::{
    Claimant, Incarnation, LeaseSettings, Member, Outcome, RawReply, Reply, Request, Standing,
    Version, copy_keys,
};
use downbeat_schemas::id::NodeId;

use super::random::Random;

/// Mutations of each file: a short run of the fuzzer, the same each time.
const MUTATIONS: usize = 500;

#[test]
fn the_corpus_and_its_mutations_do_no_harm() {
    let corpus: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "../tests/fuzz/corpus/lease_reply",
    ]
    .iter()
    .collect();
    let mut random = Random(1);
    let mut count = 0;
    for entry in std::fs::read_dir(&corpus).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        lease_reply(&bytes);
        for _ in 0..MUTATIONS {
            lease_reply(&mutated(&mut random, &bytes));
        }
        count += 1;
    }
    assert!(count >= 5, "only {count} files in {}", corpus.display());
}

fn mutated(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.between(1, 4) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        match random.below(3) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, b"0|.~[]\n"[random.below(7) as usize]),
            _ if at < bytes.len() => bytes[at] = random.next() as u8,
            _ => {}
        }
    }
    bytes
}

fn member(node: u64, incarnation: u64) -> Member {
    Member {
        node: NodeId(node),
        incarnation: Incarnation(incarnation),
    }
}

#[test]
fn arguments_and_keys_are_texts() {
    let request = Request::Declare {
        member: member(1, 9),
        by: Claimant {
            member: member(u64::MAX, (1 << 53) - 1),
            round: 7,
        },
        attested: true,
        heir: None,
    };
    let args = request.args(&LeaseSettings::cluster());
    let args: Vec<_> = args
        .iter()
        .map(|arg| arg.escape_ascii().to_string())
        .collect();
    let expected = [
        "declare",
        "600",
        "86400000",
        "0000000000001.9",
        "fzzzzzzzzzzzz.9007199254740991",
        "7",
        "1",
        "",
    ];
    assert_eq!(args, expected);
    let keys = copy_keys("downbeat", 2).map(|key| key.escape_ascii().to_string());
    assert_eq!(
        keys,
        ["downbeat:{copy2.8040}:nodes", "downbeat:{copy2.8040}:clock"]
    );
}

#[test]
fn a_reply_is_read_and_what_is_none_is_refused() {
    let text = |text: &str| RawReply::Text(text.into());
    let about = r#"{"address":"[::1]:2567|x"}"#;
    let mut parts = vec![
        text("DEAD"),
        text("1700000000000"),
        text("1"),
        text("5.0000000a"),
        text("0000000000002.3"),
        text("4"),
        RawReply::List(vec![text("0000000000001.10"), text("0000000000001.9")]),
        RawReply::List(vec![
            text("0000000000001.9"),
            text(&format!("17|dead|0000000000002.3|4|{about}")),
        ]),
    ];
    let by = Claimant {
        member: member(2, 3),
        round: 4,
    };
    let reply = Reply::decode(&RawReply::List(parts.clone())).unwrap();
    assert_eq!(reply.outcome, Outcome::Dead(Some(by)));
    let version = Version {
        number: 5,
        server: 10,
    };
    assert_eq!(reply.version, version);
    assert_eq!(reply.late, [member(1, 9), member(1, 10)]);
    let members = reply.members.unwrap();
    assert_eq!(members[0].standing, Standing::Dead(by));
    assert_eq!(&*members[0].about, about);

    for (part, wrong) in [
        (0, "NOBODY"),
        (1, "9007199254740992"),
        (1, "-1"),
        (1, "01"),
        (3, "5"),
        (3, "5.A"),
        (4, "0000000000002"),
        (5, ""),
        (6, ""),
        (7, ""),
    ] {
        let right = std::mem::replace(&mut parts[part], text(wrong));
        let reply = Reply::decode(&RawReply::List(parts.clone()));
        assert!(reply.is_err(), "part {part} is `{wrong}`");
        parts[part] = right;
    }
}
