//! Reading, from the front.

use downbeat_schemas::id::{NodeId, ShardId};

use super::super::{RelayedId, StrandId};
use super::WireError;

/// What is left of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

/// At a million frames a second a line reaches this in a hundred thousand years: arithmetic on
/// numbers from outside stays whole.
const LINE_MAX: u64 = 1 << 62;

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// That nothing is left.
    pub(crate) const fn end(self) -> Result<(), WireError> {
        match self.0.len() {
            0 => Ok(()),
            len => Err(WireError::TooLong(len)),
        }
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, WireError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, WireError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn u128(&mut self) -> Result<u128, WireError> {
        self.array().map(u128::from_le_bytes)
    }

    pub(crate) fn varint(&mut self) -> Result<u64, WireError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(WireError::OutOfRange(number));
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(WireError::OutOfRange(number))
    }

    pub(crate) fn varint_u32(&mut self) -> Result<u32, WireError> {
        let number = self.varint()?;
        u32::try_from(number).map_err(|_| WireError::OutOfRange(number))
    }

    /// A number of a line that goes up by one: far from where it would end.
    pub(crate) fn place_in_line(&mut self) -> Result<u64, WireError> {
        match self.varint()? {
            number if number > LINE_MAX => Err(WireError::OutOfRange(number)),
            number => Ok(number),
        }
    }

    /// A count of things of at least one byte each: never more than bytes are left, so whoever
    /// makes room for them trusts nobody.
    pub(crate) fn count(&mut self) -> Result<usize, WireError> {
        let count = self.varint()?;
        if count > self.len() as u64 {
            return Err(WireError::Truncated);
        }
        Ok(count as usize)
    }

    pub(crate) fn relayed(&mut self) -> Result<RelayedId, WireError> {
        self.varint_u32().map(RelayedId)
    }

    pub(crate) fn strand(&mut self) -> Result<StrandId, WireError> {
        let node = NodeId(self.u64()?);
        let shard = self.varint()?;
        let shard = u16::try_from(shard).map_err(|_| WireError::OutOfRange(shard))?;
        Ok(StrandId {
            node,
            shard: ShardId(shard),
            serial: self.varint_u32()?,
        })
    }
}
