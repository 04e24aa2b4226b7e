//! Writing, at the end.

use super::super::StrandId;
use super::{MAGIC, VERSION};

pub(crate) fn put_start(out: &mut Vec<u8>, kind: u8) {
    out.extend_from_slice(&[MAGIC, kind, VERSION]);
}

pub(crate) fn put_varint(out: &mut Vec<u8>, number: impl Into<u64>) {
    let mut number = number.into();
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(crate) fn put_len(out: &mut Vec<u8>, len: usize) {
    put_varint(out, len as u64);
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend_from_slice(bytes);
}

pub(crate) fn put_strand(out: &mut Vec<u8>, strand: StrandId) {
    out.extend_from_slice(&strand.node.0.to_le_bytes());
    put_varint(out, strand.shard.0);
    put_varint(out, strand.serial);
}
