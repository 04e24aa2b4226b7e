//! What a copy answers: read from the reply of `lua/lease.lua`, which is bytes from outside.

use std::sync::Arc;

use super::member::{Claimant, CopyTime, Entry, Member, Standing};
use super::request::Version;

/// A reply of Redis, as far as the script makes any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawReply {
    /// A null, or a `false` of Lua.
    Nil,
    /// A bulk or simple string.
    Text(Vec<u8>),
    /// An array.
    List(Vec<Self>),
}

/// What a copy answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// How it went.
    pub outcome: Outcome,
    /// The copy's time.
    pub now: CopyTime,
    /// When this table began; another one after everything was lost.
    pub born: CopyTime,
    /// The version of the list of members.
    pub version: Version,
    /// Whose lease has ended or was released, and who is not declared dead. Only of `Look` and
    /// `Renew`.
    pub late: Vec<Member>,
    /// All members, if they changed since the version that was seen. Only of `Look` and `Renew`.
    pub members: Option<Vec<Entry>>,
}

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `Renew`: the lease lasts until then.
    Granted {
        /// By the copy's time.
        expires: CopyTime,
    },
    /// `Renew`: this copy has it declared dead, or it has left.
    Dead(Option<Claimant>),
    /// `Renew`: there is no record, and none may be made.
    Gone,
    /// No more members fit.
    Full,
    /// `Declare`: dead, and the asking node's to recover as far as this copy goes.
    Claimed(Claimant),
    /// `Declare`: dead, and another's to recover.
    Taken(Claimant),
    /// `Declare`: its lease has not ended, or this is a time of grace.
    Alive {
        /// By the copy's time.
        expires: CopyTime,
    },
    /// `Declare`: it is unknown here, which proves nothing.
    Absent,
    /// `Declare`: who asks has no lease here.
    Stranger,
    /// Done, or done before.
    Done,
    /// Not done: the record says otherwise.
    Kept,
}

/// Why a reply cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// It is no list of eight parts.
    #[error("expected a list of 8 parts, found {found}")]
    Shape {
        /// What was there.
        found: String,
    },
    /// A part is not what it should be.
    #[error("`{part}` expected {expected}, found `{found}`")]
    Part {
        /// Which.
        part: &'static str,
        /// What it should be.
        expected: &'static str,
        /// Its beginning.
        found: String,
    },
}

impl Reply {
    /// Reads the script's reply.
    ///
    /// # Errors
    /// If it is none: another script answered, or another version of this one.
    pub fn decode(raw: &RawReply) -> Result<Self, ReplyError> {
        let RawReply::List(parts) = raw else {
            return Err(shape(raw));
        };
        let [outcome, now, born, version, detail, round, late, members] = parts.as_slice() else {
            return Err(shape(raw));
        };
        Ok(Self {
            outcome: outcome_of(text(outcome, "outcome")?, detail, round)?,
            now: time(now, "now")?,
            born: time(born, "born")?,
            version: version_of(text(version, "version")?)?,
            late: late_of(late)?,
            members: members_of(members)?,
        })
    }
}

fn outcome_of(name: &str, detail: &RawReply, round: &RawReply) -> Result<Outcome, ReplyError> {
    let expires = || time(detail, "expiry");
    let claimant = || claimant_of(text(detail, "claimant")?, text(round, "round")?);
    let claimed = || claimant()?.ok_or_else(|| part("claimant", "a member", ""));
    Ok(match name {
        "GRANTED" => Outcome::Granted {
            expires: expires()?,
        },
        "DEAD" => Outcome::Dead(claimant()?),
        "GONE" => Outcome::Gone,
        "FULL" => Outcome::Full,
        "CLAIMED" => Outcome::Claimed(claimed()?),
        "TAKEN" => Outcome::Taken(claimed()?),
        "ALIVE" => Outcome::Alive {
            expires: expires()?,
        },
        "ABSENT" => Outcome::Absent,
        "STRANGER" => Outcome::Stranger,
        "DONE" => Outcome::Done,
        "KEPT" => Outcome::Kept,
        other => return Err(part("outcome", "a known word", other)),
    })
}

fn version_of(text: &str) -> Result<Version, ReplyError> {
    let parse = || {
        let (number, server) = text.split_once('.')?;
        let version = Version {
            number: whole(number)?,
            server: u32::from_str_radix(server, 16).ok()?,
        };
        // One text for one version.
        (version.to_string() == text).then_some(version)
    };
    parse().ok_or_else(|| part("version", "`<number>.<server>`", text))
}

fn late_of(raw: &RawReply) -> Result<Vec<Member>, ReplyError> {
    let RawReply::List(late) = raw else {
        return Err(part("late", "a list", "something else"));
    };
    let late = late.iter().map(|raw| member(text(raw, "late")?, "late"));
    let mut late = late.collect::<Result<Vec<_>, _>>()?;
    late.sort_unstable();
    Ok(late)
}

fn members_of(raw: &RawReply) -> Result<Option<Vec<Entry>>, ReplyError> {
    match raw {
        RawReply::Nil => Ok(None),
        raw => entries(raw).map(Some),
    }
}

/// The members in a copy's table, as `HGETALL` gives it.
pub(crate) fn entries(raw: &RawReply) -> Result<Vec<Entry>, ReplyError> {
    let RawReply::List(fields) = raw else {
        return Err(part("members", "a list", "something else"));
    };
    let (pairs, rest) = fields.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(part("members", "pairs", "an odd number"));
    }
    let entries = pairs.iter().map(|[name, record]| {
        let name = member(text(name, "member")?, "member")?;
        entry(name, text(record, "record")?)
    });
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    // A hash has no order, and the same members must mean the same.
    entries.sort_unstable_by_key(|entry| entry.member);
    Ok(entries)
}

/// `expiry|standing|claimant|round|about`; the last may contain anything.
fn entry(member: Member, record: &str) -> Result<Entry, ReplyError> {
    let mut fields = record.splitn(5, '|');
    let mut field = || {
        let field = fields.next();
        field.ok_or_else(|| part("record", "5 fields", record))
    };
    let (expires, standing, by, round, about) = (field()?, field()?, field()?, field()?, field()?);
    let expires = whole(expires).ok_or_else(|| part("expiry", "a whole number", expires))?;
    Ok(Entry {
        member,
        expires: CopyTime(expires),
        standing: match standing {
            "up" => Standing::Up,
            "left" => Standing::Left,
            "dead" => {
                let by = claimant_of(by, round)?;
                Standing::Dead(by.ok_or_else(|| part("claimant", "a member", ""))?)
            }
            other => return Err(part("standing", "up, left or dead", other)),
        },
        about: Arc::from(about),
    })
}

fn claimant_of(by: &str, round: &str) -> Result<Option<Claimant>, ReplyError> {
    if by.is_empty() {
        return Ok(None);
    }
    Ok(Some(Claimant {
        member: member(by, "claimant")?,
        round: whole(round).ok_or_else(|| part("round", "a whole number", round))?,
    }))
}

fn member(text: &str, of: &'static str) -> Result<Member, ReplyError> {
    text.parse()
        .map_err(|_| part(of, "`<node id>.<incarnation>`", text))
}

fn time(raw: &RawReply, of: &'static str) -> Result<CopyTime, ReplyError> {
    number(raw, of).map(CopyTime)
}

fn number(raw: &RawReply, of: &'static str) -> Result<u64, ReplyError> {
    let digits = text(raw, of)?;
    whole(digits).ok_or_else(|| part(of, "a whole number below 2^53", digits))
}

/// A whole number that Lua can count, without signs, spaces or leading zeros: one text per number.
pub(crate) fn whole(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    let canonical = digits == "0" || !digits.starts_with('0');
    let number = digits.parse().ok().filter(|_| plain && canonical)?;
    (number < 1 << 53).then_some(number)
}

fn text<'a>(raw: &'a RawReply, of: &'static str) -> Result<&'a str, ReplyError> {
    let RawReply::Text(bytes) = raw else {
        return Err(part(of, "a text", "something else"));
    };
    std::str::from_utf8(bytes).map_err(|_| part(of, "UTF-8", &bytes.escape_ascii().to_string()))
}

fn shape(raw: &RawReply) -> ReplyError {
    let found = match raw {
        RawReply::Nil => "nil".to_owned(),
        RawReply::Text(text) => format!("a text of {} bytes", text.len()),
        RawReply::List(parts) => format!("a list of {}", parts.len()),
    };
    ReplyError::Shape { found }
}

fn part(part: &'static str, expected: &'static str, found: &str) -> ReplyError {
    ReplyError::Part {
        part,
        expected,
        found: found.chars().take(48).collect(),
    }
}
