//! The same requests to the table in memory and to the script in a real Redis: the same replies.

use std::time::Duration;

use downbeat_cluster::lease::{
    Claimant, Incarnation, LeaseSettings, Member, RawReply, Reply, Request, SCRIPT, Version,
    copy_keys,
};
use downbeat_schemas::id::NodeId;

use super::random::Random;
use super::redis::{Redis, wait};
use super::table::{Moment, Table};

#[test]
fn the_script_answers_as_the_table_in_memory() {
    let mut redis = Redis::start();
    let sha = text(redis.command(&[b"SCRIPT", b"LOAD", SCRIPT.as_bytes()]));
    let mut tally = Tally::default();
    for seed in 0..40 {
        let mut pair = Pair {
            redis: &mut redis,
            sha: &sha,
            keys: copy_keys(&format!("test{seed}"), 0),
            table: Table::default(),
            random: Random(seed),
            settings: settings(),
            seen: Version::default(),
        };
        for step in 0..250 {
            pair.meddle();
            let request = pair.request();
            pair.compare(&request, &format!("seed {seed} step {step}"), &mut tally);
        }
    }
    println!("{tally:?}");
    assert!(tally.outcomes.len() >= 10, "only {tally:?}");
    assert!(
        tally.late > 0 && tally.listed > 0 && tally.unlisted > 0,
        "{tally:?}"
    );
}

fn settings() -> LeaseSettings {
    LeaseSettings {
        lease: Duration::from_millis(60),
        ..LeaseSettings::cluster()
    }
}

/// What was answered, to see that the comparison is not of nothing.
#[derive(Debug, Default)]
struct Tally {
    outcomes: std::collections::BTreeMap<String, u64>,
    late: u64,
    listed: u64,
    unlisted: u64,
}

struct Pair<'a> {
    redis: &'a mut Redis,
    sha: &'a str,
    keys: [Vec<u8>; 2],
    table: Table,
    random: Random,
    settings: LeaseSettings,
    seen: Version,
}

impl Pair<'_> {
    fn compare(&mut self, request: &Request, at: &str, tally: &mut Tally) {
        let args = request.args(&self.settings);
        let mut command: Vec<&[u8]> = vec![b"EVALSHA", self.sha.as_bytes(), b"2"];
        command.extend(self.keys.iter().chain(&args).map(Vec::as_slice));
        let real = Reply::decode(&self.redis.command(&command)).unwrap();
        let moment = Moment {
            // Of the table's time, what the server's clock said.
            wall: real.now.0 - self.clock("off"),
            server: real.version.server,
        };
        let lease = self.settings.lease.as_millis() as u64;
        let expected = self.table.run(request, lease, moment);
        assert_eq!(real, expected, "{at}: {request:?}");
        let outcome = format!("{:?}", real.outcome);
        let name = outcome.split([' ', '(']).next().unwrap_or_default();
        *tally.outcomes.entry(name.to_owned()).or_default() += 1;
        tally.late += u64::from(!real.late.is_empty());
        tally.listed += u64::from(real.members.is_some());
        tally.unlisted += u64::from(real.members.is_none());
        if real.members.is_some() {
            self.seen = real.version;
        }
    }

    /// Time passes, the clock steps, the server changes, everything is lost.
    fn meddle(&mut self) {
        let [nodes, clock] = self.keys.clone();
        match self.random.below(60) {
            0..=4 => wait(self.random.between(1, 9)),
            10 => wait(self.random.between(30, 90)),
            11..=12 if self.clock("clk") > 0 => {
                let step = self.random.between(1, 80) as i64 - 40;
                let clk = self.clock("clk").saturating_add_signed(step).to_string();
                self.redis
                    .command(&[b"HSET", &clock, b"clk", clk.as_bytes()]);
                self.table.step_clock(step);
            }
            13 if self.clock("clk") > 0 => {
                self.redis.command(&[b"HSET", &clock, b"srv", b"another"]);
                self.table.change_server();
            }
            14 if self.random.one_in(2) => {
                self.redis.command(&[b"DEL", &nodes, &clock]);
                self.table = Table::default();
            }
            _ => {}
        }
    }

    fn clock(&mut self, field: &str) -> u64 {
        let clock = self.keys[1].clone();
        match self.redis.command(&[b"HGET", &clock, field.as_bytes()]) {
            RawReply::Nil => 0,
            number => text(number).parse().unwrap(),
        }
    }

    fn request(&mut self) -> Request {
        let (member, by) = (self.member(), self.claimant());
        let seen = if self.random.one_in(3) {
            Version::default()
        } else {
            self.seen
        };
        match self.random.below(17) {
            0 => Request::Look { seen },
            1..=6 => Request::Renew {
                member,
                seen,
                create: !self.random.one_in(4),
                about: ["", "{}", "a|b|\"c\" é"][self.random.below(3) as usize].into(),
            },
            7..=11 => Request::Declare {
                member,
                by,
                attested: self.random.one_in(3),
                heir: self.random.one_in(3).then(|| self.member()),
            },
            12..=13 => Request::Unclaim { member, by },
            14 => Request::Forget {
                member,
                by: by.member,
            },
            15 if self.random.one_in(2) => Request::Leave { member },
            _ => Request::Look { seen },
        }
    }

    fn member(&mut self) -> Member {
        Member {
            node: NodeId(self.random.below(2)),
            // Numbers whose texts are not in order.
            incarnation: Incarnation(self.random.between(9, 10)),
        }
    }

    fn claimant(&mut self) -> Claimant {
        Claimant {
            member: self.member(),
            round: self.random.between(9, 11),
        }
    }
}

fn text(reply: RawReply) -> String {
    match reply {
        RawReply::Text(text) => String::from_utf8(text).unwrap(),
        other => panic!("no text: {other:?}"),
    }
}
