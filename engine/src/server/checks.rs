//! What is said of rooms before a server starts, beside the rooms that there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::definition::RoomDefinition;
use super::settings::Settings;
use super::start::StartError;

/// Whether all rooms that are to be recorded are there.
///
/// # Errors
/// [`StartError::NoSuchRoom`].
pub(super) fn check_recorded(
    settings: &Settings,
    definitions: &BTreeMap<Arc<str>, Arc<RoomDefinition>>,
) -> Result<(), StartError> {
    let mut wanted = settings.record.rooms.iter();
    match wanted.find(|name| !definitions.contains_key(name.as_str())) {
        None => Ok(()),
        Some(name) => Err(StartError::NoSuchRoom {
            name: name.clone(),
            there: definitions
                .keys()
                .map(|name| &**name)
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// Whether all queues can make matches.
///
/// # Errors
/// [`StartError::QueueRules`] or [`StartError::NoMatchRoom`].
pub(super) fn check_queues(
    definitions: &BTreeMap<Arc<str>, Arc<RoomDefinition>>,
) -> Result<(), StartError> {
    let is_there = |room: &str| {
        let definition = definitions.get(room);
        definition.is_some_and(|definition| definition.is_for_players())
    };
    for (name, definition) in definitions {
        let Some(rules) = definition.queue_rules() else {
            continue;
        };
        let queue = name.to_string();
        if let Err(error) = rules.matches.check() {
            return Err(StartError::QueueRules { queue, error });
        }
        if !is_there(&rules.room) {
            let there = definitions.keys().filter(|name| is_there(name));
            return Err(StartError::NoMatchRoom {
                queue,
                room: rules.room.to_string(),
                there: there.map(|name| &**name).collect::<Vec<_>>().join(", "),
            });
        }
    }
    Ok(())
}
