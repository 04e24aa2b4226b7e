//! What is too large is refused before it goes anywhere.

use downbeat_schemas::limits::Limits;

use crate::{Operation, PresenceError};

/// Whether a message is one that can be published.
///
/// # Errors
/// [`PresenceError::TooLarge`].
pub fn check_message(limits: &Limits, topic: &str, payload: &[u8]) -> Result<(), PresenceError> {
    check_key(limits, "a topic", topic)?;
    let max = limits.presence_message_bytes_max;
    check(
        "a message",
        payload.len(),
        max,
        "presence_message_bytes_max",
    )
}

/// Whether a key, a topic or a name is short enough; `what` it is, for people.
///
/// # Errors
/// [`PresenceError::TooLarge`].
pub fn check_key(limits: &Limits, what: &'static str, key: &str) -> Result<(), PresenceError> {
    let max = limits.presence_key_bytes_max;
    check(what, key.len(), max, "presence_key_bytes_max")
}

pub(crate) fn check_operation(
    limits: &Limits,
    key: &str,
    operation: &Operation,
) -> Result<(), PresenceError> {
    check_key(limits, "a key", key)?;
    match operation {
        Operation::Add { member, .. }
        | Operation::Take { member }
        | Operation::Contains { member } => check_key(limits, "a member", member),
        Operation::Put { field, value, .. } => {
            check_key(limits, "a field", field)?;
            let max = limits.presence_value_bytes_max;
            check("a value", value.len(), max, "presence_value_bytes_max")
        }
        Operation::Drop { field }
        | Operation::Field { field }
        | Operation::IncrementField { field, .. } => check_key(limits, "a field", field),
        Operation::Members
        | Operation::Len
        | Operation::Fields
        | Operation::Increment { .. }
        | Operation::Value
        | Operation::Expire { .. }
        | Operation::Remove => Ok(()),
    }
}

fn check(
    what: &'static str,
    bytes: usize,
    max: u64,
    limit: &'static str,
) -> Result<(), PresenceError> {
    let bytes = bytes as u64;
    match bytes > max {
        true => Err(PresenceError::TooLarge {
            what,
            bytes,
            max,
            limit,
        }),
        false => Ok(()),
    }
}
