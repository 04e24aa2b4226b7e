//! The client that sets the servers up: one connection, one command at a time, without a library,
//! so that it does not share the faults of the one that is tested.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::options::Login;

/// For a server that does not answer: one that is paused, for example.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A connection.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing is there.
    Nil,
    /// A number.
    Int(i64),
    /// A status or a string.
    Text(Vec<u8>),
    /// What the server does not do, and why.
    Error(String),
    /// Many.
    Array(Vec<Self>),
}

impl Client {
    /// Connects, as somebody.
    ///
    /// # Errors
    /// If nobody listens, or not to this login.
    pub fn connect(address: SocketAddr, login: Option<&Login>) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        let stream = BufReader::new(stream);
        let mut client = Self { stream };
        if let Some(Login { user, password }) = login {
            let user = user.as_deref().unwrap_or("default");
            if let Reply::Error(error) = client.command(&["AUTH", user, password])? {
                return Err(io::Error::other(error));
            }
        }
        Ok(client)
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// If none comes in 10 s.
    pub fn command(&mut self, words: &[impl AsRef<[u8]>]) -> io::Result<Reply> {
        self.stream.get_mut().write_all(&request(words))?;
        self.reply()
    }

    /// What sends [requests](request) while another thread waits for what the server
    /// [says](Self::reply).
    ///
    /// # Errors
    /// If the system gives no second handle.
    pub fn sender(&self) -> io::Result<TcpStream> {
        self.stream.get_ref().try_clone()
    }

    /// Waits for the next message of a channel that this connection has subscribed to.
    ///
    /// # Errors
    /// If none comes in 10 s.
    pub fn message(&mut self) -> io::Result<String> {
        if let Reply::Array(words) = self.reply()?
            && let [_, _, Reply::Text(message)] = words.as_slice()
        {
            return Ok(String::from_utf8_lossy(message).into_owned());
        }
        Err(io::Error::other("no message of a channel"))
    }

    /// Waits for the next thing that the server says.
    ///
    /// # Errors
    /// If nothing comes in 10 s.
    pub fn reply(&mut self) -> io::Result<Reply> {
        let line = self.line()?;
        let (kind, rest) = line.split_at_checked(1).ok_or_else(|| strange(&line))?;
        let number = || rest.parse::<i64>().map_err(|_| strange(&line));
        match kind {
            "+" => Ok(Reply::Text(rest.as_bytes().to_vec())),
            "-" => Ok(Reply::Error(rest.to_owned())),
            ":" => Ok(Reply::Int(number()?)),
            "$" => match usize::try_from(number()?) {
                Ok(length) => self.bulk(length),
                Err(_) => Ok(Reply::Nil),
            },
            "*" => match number()? {
                ..0 => Ok(Reply::Nil),
                count => (0..count)
                    .map(|_| self.reply())
                    .collect::<Result<_, _>>()
                    .map(Reply::Array),
            },
            _ => Err(strange(&line)),
        }
    }

    fn bulk(&mut self, length: usize) -> io::Result<Reply> {
        let mut bytes = vec![0; length + 2];
        self.stream.read_exact(&mut bytes)?;
        bytes.truncate(length);
        Ok(Reply::Text(bytes))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Reply {
    /// A status or a string.
    ///
    /// # Panics
    /// If it is none.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(bytes) => std::str::from_utf8(bytes).unwrap(),
            other => panic!("expected a text, found {other:?}"),
        }
    }

    /// A number.
    ///
    /// # Panics
    /// If it is none.
    pub fn int(&self) -> i64 {
        match self {
            Self::Int(int) => *int,
            other => panic!("expected a number, found {other:?}"),
        }
    }

    /// Many.
    ///
    /// # Panics
    /// If it is something else.
    pub fn array(&self) -> &[Self] {
        match self {
            Self::Array(replies) => replies,
            other => panic!("expected an array, found {other:?}"),
        }
    }

    /// Whether the server refused.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }
}

/// A command as bytes.
pub fn request(words: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        let word = word.as_ref();
        bytes.extend(format!("${}\r\n", word.len()).into_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

fn strange(line: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("no reply of Redis: {line:?}"),
    )
}
