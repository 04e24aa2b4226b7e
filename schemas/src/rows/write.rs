//! The writing half: the pieces that an encoder puts together.

use super::Op;
use crate::id::{GroupId, Slot};

/// Appends a number, seven bits a byte, lowest first.
pub fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a chunk: what `group` says, given as its packed sections.
pub fn put_chunk(out: &mut Vec<u8>, group: GroupId, sections: &[u8]) {
    put_varint(out, u64::from(group.0));
    put_varint(out, sections.len() as u64);
    out.extend_from_slice(sections);
}

/// Appends the chunk that tells a client to drop what it knows of `group`.
pub fn put_forget(out: &mut Vec<u8>, group: GroupId) {
    put_chunk(out, group, &[Op::Forget.bits() as u8]);
}

/// Appends the head of a section.
pub fn put_head(out: &mut Vec<u8>, table: usize, op: Op) {
    put_varint(out, (table as u64) << 2 | op.bits());
}

/// Appends a count and that many slots.
///
/// # Panics
/// If the slots do not ascend.
pub fn put_slots(out: &mut Vec<u8>, slots: impl ExactSizeIterator<Item = Slot>) {
    put_varint(out, slots.len() as u64);
    let mut next = 0;
    for slot in slots {
        let slot = u64::from(slot.0);
        assert!(slot >= next, "slots ascend");
        put_varint(out, slot - next);
        next = slot + 1;
    }
}
