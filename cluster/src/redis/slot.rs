//! Which slot of a Redis Cluster a key or a sharded channel is in.

/// Slots of a cluster.
pub(crate) const SLOTS: usize = 16_384;

/// One of the 16,384 parts of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot(pub(crate) u16);

impl Slot {
    /// The slot of a key: the CRC of its hash tag, or of the whole key if it has none.
    pub(crate) fn of(key: &[u8]) -> Self {
        Self(crc16(hash_tag(key)) % SLOTS as u16)
    }
}

/// What stands between the first brace and the next closing one, unless that is nothing.
fn hash_tag(key: &[u8]) -> &[u8] {
    let mut parts = key.splitn(2, |byte| *byte == b'{').skip(1);
    let Some(rest) = parts.next() else {
        return key;
    };
    match rest.iter().position(|byte| *byte == b'}') {
        Some(end) if end > 0 => rest.get(..end).unwrap_or(key),
        _ => key,
    }
}

/// CRC16-XMODEM, as the specification of Redis Cluster has it.
fn crc16(bytes: &[u8]) -> u16 {
    let step = |crc: u16, byte: &u8| {
        let [high, _] = crc.to_be_bytes();
        (crc << 8) ^ TABLE[usize::from(high ^ byte)]
    };
    bytes.iter().fold(0, step)
}

const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            let carry = crc & 0x8000 != 0;
            crc = (crc << 1) ^ if carry { 0x1021 } else { 0 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::{Slot, crc16};

    #[test]
    fn the_crc_is_that_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(crc16(b""), 0);
    }

    #[test]
    fn a_key_is_where_redis_says() {
        // As CLUSTER KEYSLOT of Redis 7.0 answers.
        for (key, slot) in [
            ("foo", 12_182),
            ("", 0),
            ("{user1000}.following", 3443),
            ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015),
            ("foo{bar}{zap}", 5061),
            ("a{b", 13_340),
        ] {
            assert_eq!(Slot::of(key.as_bytes()), Slot(slot), "{key}");
        }
        assert_eq!(Slot::of(b"{user1000}.a"), Slot::of(b"user1000"));
        assert_eq!(Slot::of(b"foo{{bar}}zap"), Slot::of(b"{bar"));
    }
}
