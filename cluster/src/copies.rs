//! The keys that hold the leases.

/// The hash tags of the three copies. Their slots are the middles of the three thirds of a Redis
/// Cluster, so that three masters which share the slots evenly hold one copy each; with more
/// masters they lie on three of them. One server alone holds the first copy only.
pub const COPY_TAGS: [&str; 3] = ["copy0.19447", "copy1.2441", "copy2.8040"];

#[cfg(test)]
mod tests {
    use super::COPY_TAGS;
    use crate::redis::slot::{SLOTS, Slot};

    /// As `redis-cli --cluster create` shares them.
    fn owner(slot: Slot, masters: usize) -> usize {
        let share = SLOTS as f64 / masters as f64;
        (f64::from(slot.0) / share) as usize
    }

    #[test]
    fn the_copies_lie_in_the_middle_of_the_thirds() {
        let slots = COPY_TAGS.map(|tag| Slot::of(format!("downbeat:{{{tag}}}:nodes").as_bytes()));
        assert_eq!(slots, [Slot(2730), Slot(8191), Slot(13_653)]);
    }

    #[test]
    fn masters_that_share_the_slots_evenly_hold_one_copy_each() {
        for masters in 3..=1000 {
            let mut owners = COPY_TAGS.map(|tag| owner(Slot::of(tag.as_bytes()), masters));
            owners.sort_unstable();
            let [first, second, third] = owners;
            assert!(first < second && second < third, "{masters} masters");
        }
    }
}
