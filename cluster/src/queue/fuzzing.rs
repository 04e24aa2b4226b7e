//! Any bytes as answers of the store.

use std::collections::BTreeSet;

use downbeat_schemas::id::SessionId;

use super::{Claim, MatchId, MatchRules, Tending, match_up, wire};

/// Players of a match.
const PLAYERS: u32 = 2;

/// Reads any bytes as the answer to every script, and matches those who wait by it: no panic, and
/// nobody is in two matches.
pub fn queue_answers(input: &[u8]) {
    let tending = Tending {
        staying: vec![SessionId(1), SessionId(2)],
        ..Tending::default()
    };
    if let Ok(tended) = wire::tended(input, &tending) {
        assert_eq!(tended.news.len(), tending.staying.len());
    }
    let matches = vec![(MatchId(1), tending.staying)];
    let claim = Claim {
        matches,
        found: Vec::new(),
    };
    if let Ok(claimed) = wire::claimed(input, &claim) {
        assert_eq!(claimed.len(), claim.matches.len());
    }
    let _ = wire::settled(input);
    if let Ok(Some(waiting)) = wire::turn(input) {
        let sessions: BTreeSet<_> = waiting.iter().map(|waiting| waiting.session).collect();
        let matching = match_up(&waiting, &MatchRules::new(PLAYERS));
        let matched: Vec<_> = matching.matches.concat();
        let once: BTreeSet<_> = matched.iter().copied().collect();
        assert!(once.is_subset(&sessions));
        // The store names each who waits once.
        assert!(once.len() == matched.len() || sessions.len() < waiting.len());
    }
}
