//! Numbers and texts, as bytes.

/// Bytes to read from, up to the first that are missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const LEN: usize>(&mut self) -> Option<[u8; LEN]> {
        self.take(LEN)?.try_into().ok()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn u128(&mut self) -> Option<u128> {
        self.array().map(u128::from_le_bytes)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// A number of seven bits a byte, the lowest first (LEB128). None if it is longer than it has
    /// to be or than 64 bits: a number has one form.
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..10 {
            let byte = self.byte()?;
            let digit = u64::from(byte & 0x7f);
            if place == 9 && digit > 1 {
                return None;
            }
            number |= digit << (7 * place);
            if byte < 0x80 {
                return (byte > 0 || place == 0).then_some(number);
            }
        }
        None
    }

    pub(super) fn number_u32(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// Bytes behind their length.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.number()?;
        self.take(usize::try_from(len).ok()?)
    }
}

pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(number: u64, bytes: &[u8]) {
        let mut out = Vec::new();
        put_number(&mut out, number);
        assert_eq!(out, bytes);
        assert_eq!(Reader(bytes).number(), Some(number));
        for len in 0..bytes.len() {
            assert_eq!(Reader(&bytes[..len]).number(), None);
        }
    }

    #[test]
    fn a_number_has_one_form() {
        check(0, &[0]);
        check(127, &[0x7f]);
        check(128, &[0x80, 1]);
        check(300, &[0xac, 2]);
        check(u64::MAX, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
        for bytes in [&[0x80, 0][..], &[0xff; 11], &[0xff; 9]] {
            assert_eq!(Reader(bytes).number(), None, "{bytes:?}");
        }
        let too_large = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
        assert_eq!(Reader(too_large).number(), None);
    }
}
