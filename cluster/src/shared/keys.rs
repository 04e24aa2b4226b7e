//! What the keys are called.

use downbeat_schemas::id::RoomId;

use super::owner::Owner;

/// Names keys under one prefix. What is in braces decides the slot.
#[derive(Clone, Debug)]
pub struct Keys {
    prefix: String,
}

impl Keys {
    /// Keys that all begin with `<prefix>:`.
    pub fn new(prefix: &str) -> Self {
        let prefix = prefix.to_owned();
        Self { prefix }
    }

    /// The listing of a name; the other keys of its partition differ in the last letters.
    pub(crate) fn partition(&self, name: &str) -> Vec<u8> {
        format!("{}:{{name:{}}}:h", self.prefix, escaped(name)).into_bytes()
    }

    /// The record of a room: who owns it.
    pub(crate) fn room(&self, room: RoomId) -> Vec<u8> {
        format!("{}:{{room:{room}}}", self.prefix).into_bytes()
    }

    /// The rooms of an incarnation.
    pub(crate) fn index(&self, owner: Owner) -> Vec<u8> {
        format!("{}:{{node:{owner}}}:rooms", self.prefix).into_bytes()
    }

    /// The names that have rooms.
    pub(crate) fn names(&self) -> Vec<u8> {
        format!("{}:{{names}}", self.prefix).into_bytes()
    }

    /// The loads of all shards.
    pub(crate) fn loads(&self) -> Vec<u8> {
        format!("{}:{{loads}}", self.prefix).into_bytes()
    }
}

/// A hash tag ends at the first brace: none is left within, and no two names look alike.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '%' => text.push_str("%25"),
            '{' => text.push_str("%7b"),
            '}' => text.push_str("%7d"),
            _ => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str) {
        let key = Keys::new("downbeat").partition(name);
        assert_eq!(String::from_utf8(key).unwrap(), expected);
    }

    #[test]
    fn a_name_of_any_letters_is_one_hash_tag() {
        check("arena", "downbeat:{name:arena}:h");
        check("", "downbeat:{name:}:h");
        check("a}b{c%7d", "downbeat:{name:a%7db%7bc%257d}:h");
        check("größe :*", "downbeat:{name:größe :*}:h");
    }
}
