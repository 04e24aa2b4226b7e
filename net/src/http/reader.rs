//! Requests in: finds where each ends, and keeps what has come of the next.

use downbeat_schemas::limits::Limits;

use super::chunked::Chunked;
use super::head::{self, Framing, Head, RequestError};
use super::request::Request;

/// Collects one request after the other. Time is linear in the bytes, however they are cut.
#[derive(Debug, Default)]
pub(crate) struct RequestReader {
    /// From the first byte of the current request on, after `start`.
    buffer: Vec<u8>,
    /// Where the current request begins. The offsets in [`Stage`] count from here.
    start: usize,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Looking for the head's end; up to `scanned` it is not.
    Head { scanned: usize },
    /// Waiting for the body that follows the head.
    Body {
        head: Head,
        head_end: usize,
        body: Body,
    },
}

impl Default for Stage {
    fn default() -> Self {
        Self::Head { scanned: 0 }
    }
}

#[derive(Clone, Copy, Debug)]
enum Body {
    Length(usize),
    Chunked(Chunked),
}

/// How far the current request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More bytes are needed.
    Incomplete,
    /// The client wants to be told to go on before it sends the body. Said once.
    WantsContinue,
    /// The request is whole and now in the buffer that was given.
    Whole(Shape),
}

/// What is known about the bytes of a whole request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    head_bytes: usize,
    pub(crate) keep_alive: bool,
}

impl Shape {
    /// The request in `bytes`, which [`RequestReader::advance`] has filled.
    pub(crate) fn view(self, bytes: &[u8]) -> Request<'_> {
        let (head, body) = bytes.split_at(self.head_bytes);
        Request::from_checked(head, body, self.keep_alive)
    }
}

impl RequestReader {
    /// Adds bytes that came.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether there are bytes of a request that was not handed out.
    pub(crate) fn is_begun(&self) -> bool {
        self.start < self.buffer.len()
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// All bytes after the requests that were handed out, which are of another protocol.
    pub(crate) fn into_rest(mut self) -> Vec<u8> {
        self.buffer.drain(..self.start);
        self.buffer
    }

    /// Goes on with the current request; when it is whole, moves it to `whole`.
    ///
    /// # Errors
    /// [`RequestError`]: nothing that follows can be understood.
    pub(crate) fn advance(
        &mut self,
        whole: &mut Vec<u8>,
        limits: &Limits,
    ) -> Result<Progress, RequestError> {
        if let Stage::Head { scanned } = self.stage {
            let Some((head, head_end)) = self.head(scanned, limits)? else {
                return Ok(Progress::Incomplete);
            };
            let body = match head.framing {
                Framing::Length(bytes) => Body::Length(bytes),
                Framing::Chunked => Body::Chunked(Chunked::new(head_end)),
            };
            self.stage = Stage::Body {
                head,
                head_end,
                body,
            };
            // A body that is here already needs no invitation.
            let nothing_came = self.held_bytes() == head_end;
            if head.expects_continue && nothing_came && head.framing != Framing::Length(0) {
                return Ok(Progress::WantsContinue);
            }
        }
        self.body(whole, limits)
    }

    fn head(
        &mut self,
        scanned: usize,
        limits: &Limits,
    ) -> Result<Option<(Head, usize)>, RequestError> {
        if scanned == 0 {
            self.skip_empty_lines();
        }
        let bytes = &self.buffer[self.start..];
        // Looking no farther keeps the verdict the same however the bytes are cut.
        let window = &bytes[..bytes.len().min(limits.header_bytes_max as usize)];
        let found = head::find_end(window, scanned)?;
        if found.is_err() && bytes.len() > window.len() {
            return Err(RequestError::HeaderTooBig {
                max_bytes: limits.header_bytes_max,
            });
        }
        match found {
            Ok(end) => Ok(Some((head::parse(&bytes[..end], limits)?, end))),
            Err(scanned) => {
                // A lone CR may be the first half of an empty line.
                let scanned = if bytes == b"\r" { 0 } else { scanned };
                self.stage = Stage::Head { scanned };
                Ok(None)
            }
        }
    }

    /// RFC 9112 section 2.2: old clients send one after a body.
    fn skip_empty_lines(&mut self) {
        while self.buffer[self.start..].starts_with(b"\r\n") {
            self.start += 2;
        }
    }

    fn body(&mut self, whole: &mut Vec<u8>, limits: &Limits) -> Result<Progress, RequestError> {
        let Stage::Body {
            head,
            head_end,
            body,
        } = &mut self.stage
        else {
            return Ok(Progress::Incomplete);
        };
        let (request_end, consumed) = match body {
            Body::Length(bytes) => (*head_end + *bytes, *head_end + *bytes),
            Body::Chunked(chunked) => {
                if !chunked.decode(&mut self.buffer[self.start..], limits)? {
                    self.buffer.drain(..self.start);
                    self.start = 0;
                    chunked.close_gap(&mut self.buffer);
                    return Ok(Progress::Incomplete);
                }
                (chunked.decoded_to, chunked.read_to)
            }
        };
        if self.buffer.len() - self.start < consumed {
            return Ok(Progress::Incomplete);
        }
        let shape = Shape {
            head_bytes: *head_end,
            keep_alive: head.keep_alive,
        };
        whole.clear();
        whole.extend_from_slice(&self.buffer[self.start..self.start + request_end]);
        self.start_next(consumed);
        Ok(Progress::Whole(shape))
    }

    fn start_next(&mut self, consumed: usize) {
        self.stage = Stage::default();
        self.start += consumed;
        if !self.is_begun() {
            // An idle connection holds no buffer.
            self.buffer = Vec::new();
            self.start = 0;
        }
    }
}
