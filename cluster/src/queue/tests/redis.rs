//! A Redis of its own for a test, and as much of its protocol as scripts need.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// A server on loopback, ended with the test.
pub(super) struct Redis {
    server: Child,
    connection: BufReader<TcpStream>,
}

impl Redis {
    pub(super) fn start() -> Self {
        let port = free_port();
        let mut server = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is installed");
        let log = BufReader::new(server.stdout.take().unwrap());
        let mut lines = log.lines().map(Result::unwrap);
        lines
            .find(|line| line.contains("Ready to accept connections"))
            .expect("redis-server says when it is ready");
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        Self {
            server,
            connection: BufReader::new(connection),
        }
    }

    /// Runs a script, whose answer is a bulk string.
    pub(super) fn eval(&mut self, body: &str, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Vec<u8> {
        let count = keys.len().to_string();
        let head = [b"EVAL", body.as_bytes(), count.as_bytes()];
        let rest = keys.iter().chain(args).map(Vec::as_slice);
        let words: Vec<&[u8]> = head.into_iter().chain(rest).collect();
        let (kind, answer) = self.call(&words);
        assert_eq!(kind, '$', "{}", String::from_utf8_lossy(&answer));
        answer
    }

    /// Runs a command whose answer is a number.
    pub(super) fn number(&mut self, words: &[&str]) -> i64 {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let (kind, answer) = self.call(&words);
        assert_eq!(kind, ':');
        String::from_utf8(answer).unwrap().parse().unwrap()
    }

    fn call(&mut self, words: &[&[u8]]) -> (char, Vec<u8>) {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend(format!("${}\r\n", word.len()).into_bytes());
            request.extend_from_slice(word);
            request.extend(b"\r\n");
        }
        self.connection.get_mut().write_all(&request).unwrap();
        let mut line = String::new();
        self.connection.read_line(&mut line).unwrap();
        let line = line.trim_end();
        let (kind, rest) = line.split_at(1);
        if kind != "$" {
            return (kind.chars().next().unwrap(), rest.as_bytes().to_vec());
        }
        let mut answer = vec![0; rest.parse::<usize>().unwrap() + 2];
        self.connection.read_exact(&mut answer).unwrap();
        answer.truncate(answer.len() - 2);
        ('$', answer)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
