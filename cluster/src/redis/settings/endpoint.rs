//! One URL: `redis[s]://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`.

use super::super::node::RedisNode;
use super::{Login, Secret};

/// What a URL says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) node: RedisNode,
    pub(super) has_tls: bool,
    pub(super) login: Login,
    pub(super) database: i64,
}

/// What a URL may be.
pub(super) const EXPECTED: &str = "redis://USER:PASSWORD@HOST:PORT, or rediss:// for TLS, with \
    / # ? @ : % in the password percent-encoded";

impl Endpoint {
    /// Reads a URL. The error says what is wrong, without a part of the URL.
    pub(super) fn parse(url: &str, default_port: u16) -> Result<Self, &'static str> {
        let has_tls = match url.split_once("://") {
            Some(("redis", _)) => false,
            Some(("rediss", _)) => true,
            _ => return Err("its scheme is neither redis:// nor rediss://"),
        };
        let (_, rest) = url.split_once("://").unwrap_or_default();
        if rest.contains('#') {
            return Err("it has a fragment: certificates are always checked");
        }
        if rest.contains('?') {
            return Err("it has options after a question mark");
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, address) = match authority.rsplit_once('@') {
            Some((login, address)) => (parse_login(login)?, address),
            None => (Login::default(), authority),
        };
        Ok(Self {
            node: parse_address(address, default_port)?,
            has_tls,
            login,
            database: parse_database(path)?,
        })
    }

    /// Reads `HOST[:PORT]`, or a URL.
    pub(super) fn parse_short(text: &str, default_port: u16) -> Result<Self, &'static str> {
        if text.contains("://") {
            return Self::parse(text, default_port);
        }
        Self::parse(&format!("redis://{text}"), default_port)
    }
}

fn parse_login(text: &str) -> Result<Login, &'static str> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let is_set = |text: &String| !text.is_empty();
    Ok(Login {
        user: Some(percent_decoded(user)?).filter(is_set),
        password: Some(percent_decoded(password)?).filter(is_set).map(Secret),
    })
}

fn parse_address(text: &str, default_port: u16) -> Result<RedisNode, &'static str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest
                .split_once(']')
                .ok_or("its host has no closing bracket")?;
            (host, port.strip_prefix(':'))
        }
        None => match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err("it has no host");
    }
    let port = match port {
        None => default_port,
        Some(port) => parse_port(port).ok_or("its port is no number from 1 to 65535")?,
    };
    let host = host.to_owned();
    Ok(RedisNode { host, port })
}

pub(super) fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

fn parse_database(text: &str) -> Result<i64, &'static str> {
    if text.is_empty() {
        return Ok(0);
    }
    let number: u16 = text.parse().map_err(|_| "its database is no number")?;
    Ok(number.into())
}

fn percent_decoded(text: &str) -> Result<String, &'static str> {
    let wrong = "a percent sign in it is not followed by two hexadecimal digits of UTF-8";
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let byte = digit().zip(digit()).map(|(high, low)| high * 16 + low);
        let byte = byte.and_then(|byte| u8::try_from(byte).ok());
        decoded.push(byte.ok_or(wrong)?);
    }
    String::from_utf8(decoded).map_err(|_| wrong)
}
