//! Chunked bodies, RFC 9112 section 7.1: decoded where they lie.

use downbeat_schemas::limits::Limits;

use super::head::RequestError;

/// How far a chunked body is decoded. Decoded bytes are moved together at the body's start, so the
/// buffer holds the body once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunked {
    /// The end of the decoded bytes.
    pub(super) decoded_to: usize,
    /// The start of the bytes not yet looked at.
    pub(super) read_to: usize,
    body_start: usize,
    trailer_bytes: usize,
    expect: Expect,
}

#[derive(Clone, Copy, Debug)]
enum Expect {
    SizeLine,
    Data { remaining_bytes: usize },
    DataEnd,
    Trailer,
}

impl Chunked {
    pub(super) const fn new(body_start: usize) -> Self {
        Self {
            decoded_to: body_start,
            read_to: body_start,
            body_start,
            trailer_bytes: 0,
            expect: Expect::SizeLine,
        }
    }

    /// Decodes what has come; true once the body is whole. `read_to` is then its end.
    pub(super) fn decode(
        &mut self,
        buffer: &mut [u8],
        limits: &Limits,
    ) -> Result<bool, RequestError> {
        loop {
            match self.expect {
                Expect::Data { remaining_bytes } => {
                    if !self.take_data(buffer, remaining_bytes) {
                        return Ok(false);
                    }
                }
                expect => {
                    let Some(line) = self.take_line(buffer, limits)? else {
                        return Ok(false);
                    };
                    if self.take_expected(expect, line, limits)? {
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// Drops the gap between the decoded bytes and the rest, so that the buffer does not grow
    /// with the overhead of tiny chunks.
    pub(super) fn close_gap(&mut self, buffer: &mut Vec<u8>) {
        buffer.drain(self.decoded_to..self.read_to);
        self.read_to = self.decoded_to;
    }

    /// Moves data to its place; true if the chunk is whole.
    fn take_data(&mut self, buffer: &mut [u8], remaining_bytes: usize) -> bool {
        let take = remaining_bytes.min(buffer.len() - self.read_to);
        buffer.copy_within(self.read_to..self.read_to + take, self.decoded_to);
        self.read_to += take;
        self.decoded_to += take;
        let remaining_bytes = remaining_bytes - take;
        self.expect = match remaining_bytes {
            0 => Expect::DataEnd,
            _ => Expect::Data { remaining_bytes },
        };
        remaining_bytes == 0
    }

    /// The next line without its end; `None` if it is cut.
    fn take_line<'a>(
        &mut self,
        buffer: &'a [u8],
        limits: &Limits,
    ) -> Result<Option<&'a [u8]>, RequestError> {
        let rest = &buffer[self.read_to..];
        let line_feed = rest.iter().position(|byte| *byte == b'\n');
        let len = line_feed.map_or(rest.len(), |at| at + 1);
        if len as u64 > limits.header_bytes_max {
            return Err(RequestError::HeaderTooBig {
                max_bytes: limits.header_bytes_max,
            });
        }
        let Some(line_feed) = line_feed else {
            return Ok(None);
        };
        self.read_to += len;
        rest[..line_feed]
            .strip_suffix(b"\r")
            .filter(|line| !line.contains(&b'\r'))
            .map(Some)
            .ok_or(RequestError::LineEnd)
    }

    /// Takes a line that ends or begins a chunk, or a trailer; true if it ends the body.
    fn take_expected(
        &mut self,
        expect: Expect,
        line: &[u8],
        limits: &Limits,
    ) -> Result<bool, RequestError> {
        match expect {
            Expect::SizeLine => self.expect = self.begin_chunk(line, limits)?,
            Expect::DataEnd if line.is_empty() => self.expect = Expect::SizeLine,
            Expect::Trailer if line.is_empty() => return Ok(true),
            Expect::Trailer => self.skip_trailer(line, limits)?,
            Expect::DataEnd | Expect::Data { .. } => {
                return Err(RequestError::Malformed("a chunk is longer than its size"));
            }
        }
        Ok(false)
    }

    fn begin_chunk(&self, line: &[u8], limits: &Limits) -> Result<Expect, RequestError> {
        let size = chunk_size(line)?;
        let decoded_bytes = (self.decoded_to - self.body_start) as u64;
        if size > limits.body_bytes_max.saturating_sub(decoded_bytes) {
            return Err(RequestError::BodyTooBig {
                max_bytes: limits.body_bytes_max,
            });
        }
        Ok(match size {
            0 => Expect::Trailer,
            _ => Expect::Data {
                remaining_bytes: size as usize,
            },
        })
    }

    /// Trailers are allowed and mean nothing here.
    fn skip_trailer(&mut self, line: &[u8], limits: &Limits) -> Result<(), RequestError> {
        self.trailer_bytes += line.len();
        if self.trailer_bytes as u64 > limits.header_bytes_max {
            return Err(RequestError::HeaderTooBig {
                max_bytes: limits.header_bytes_max,
            });
        }
        Ok(())
    }
}

/// The size in front of a chunk. Extensions after a semicolon are ignored, as the RFC asks.
fn chunk_size(line: &[u8]) -> Result<u64, RequestError> {
    let malformed = RequestError::Malformed("a chunk size is no hexadecimal number");
    let digits = line.split(|byte| *byte == b';').next().unwrap_or(line);
    let digits = digits.trim_ascii_end();
    if digits.is_empty() || digits.len() > 16 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(malformed);
    }
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or(malformed)
}
