//! When in its period a room ticks.

use std::time::Duration;

use downbeat_schemas::time::Timestamp;

/// The first deadline of the room that is created `number`-th on its shard.
///
/// Rooms of one rate must not all be due at once: the last would wait for all others. Phases
/// follow the golden ratio (Knuth, The Art of Computer Programming 3, section 6.4, theorem S): each
/// new room falls into one of the largest gaps that the former left, however many there will be.
pub(super) fn first_deadline(now: Timestamp, tick_hz: u16, number: u32) -> Timestamp {
    /// 2^32 / golden ratio.
    const GOLDEN: u32 = 2_654_435_769;
    let period_ns = 1_000_000_000 / u64::from(tick_hz);
    let turn = u64::from(number.wrapping_mul(GOLDEN));
    let phase_ns = (period_ns * turn) >> 32;
    let in_period_ns = now.0 % period_ns;
    let wait_ns = (phase_ns + period_ns - in_period_ns) % period_ns;
    now.after(Duration::from_nanos(wait_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_spread_evenly_whenever_they_are_created() {
        let period_ns = 50_000_000;
        for rooms in [2_u32, 10, 40, 80] {
            let mut phases: Vec<u64> = (0..rooms)
                .map(|number| {
                    let now = Timestamp(u64::from(number) * 7_777_777);
                    let first = first_deadline(now, 20, number);
                    assert!(first >= now && first.since(now) < Duration::from_nanos(period_ns));
                    first.0 % period_ns
                })
                .collect();
            phases.sort_unstable();
            let gaps = phases.windows(2).map(|pair| pair[1] - pair[0]);
            let widest = gaps.max().unwrap();
            // Theorem S: gaps have at most three lengths, within the golden ratio of each other.
            assert!(
                widest <= 3 * period_ns / u64::from(rooms),
                "{rooms} rooms: {widest}"
            );
        }
    }
}
