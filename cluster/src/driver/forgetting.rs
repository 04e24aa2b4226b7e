//! What Redis may have forgotten: a replica that became a master lacks the last writes of the one
//! before, and a server without a disk comes back empty.

use std::mem::replace;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use super::life::Life;
use crate::redis::Router;

/// Between two looks. Longer than the steps of one failover lie apart, shorter than anybody waits
/// for a room.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Has the registry tell of all rooms whenever a server is connected to anew, or owns what it did
/// not own before.
pub(super) async fn watch(router: Router, life: Rc<Life>) {
    let mut known = signs(&router);
    loop {
        sleep(LOOK_EVERY).await;
        let signs = signs(&router);
        if replace(&mut known, signs) != signs
            && let Some(lives) = life.lives.borrow().as_ref()
        {
            lives.present().tell_again(life.clock.now());
        }
    }
}

fn signs(router: &Router) -> (u64, u64) {
    let counts = router.counts();
    (counts.connected, counts.topology_changes)
}
