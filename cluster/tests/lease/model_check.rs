//! Every state of the protocol is visited; the controls show what that finds.

use stateright::{Checker, Model};

use super::model::{Action, Protocol, SOUND};

fn check(protocol: Protocol) -> Option<Vec<Action>> {
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    println!("{protocol:?}: {} states", checker.unique_state_count());
    assert!(checker.discovery("a recovery").is_some());
    let path = checker.discovery("one owner")?;
    Some(path.into_actions())
}

#[test]
fn there_is_one_owner() {
    assert_eq!(check(SOUND), None);
}

#[test]
fn what_all_copies_have_survives_one_failover() {
    let protocol = Protocol {
        all_suffice: true,
        failovers: 1,
        ..SOUND
    };
    assert_eq!(check(protocol), None);
}

#[test]
fn there_is_one_heir() {
    let protocol = Protocol {
        mortal: true,
        failovers: 0,
        ..SOUND
    };
    assert_eq!(check(protocol), None);
}

#[test]
fn the_controls_have_two() {
    let controls = [
        Protocol {
            margin: false,
            ..SOUND
        },
        Protocol {
            confirm: false,
            ..SOUND
        },
        Protocol {
            all_suffice: true,
            ..SOUND
        },
        Protocol {
            mortal: true,
            failovers: 0,
            careless: true,
            ..SOUND
        },
    ];
    for control in controls {
        let path = check(control);
        println!("{path:?}");
        assert!(path.is_some(), "{control:?}");
    }
}
