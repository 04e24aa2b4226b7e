//! What moves those whom nobody plays.

use std::f32::consts::PI;

/// A current that turns slowly, in a square basin.
///
/// Its velocity is the curl of a potential, so it gathers nobody anywhere: who is spread evenly
/// stays so. The potential is zero along the edges, so it carries nobody out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Current {
    side: f32,
    seconds: f32,
}

/// One standing wave of the potential.
struct Wave {
    /// Half waves along x and y.
    halves: (f32, f32),
    /// The fastest it carries along either axis, units per second.
    speed: f32,
    /// How fast it swings, radians per second, and where it began.
    swing: (f32, f32),
}

/// From eddies as large as the basin to those that fill a screen. No two swing alike, so the
/// current never comes round to where it was.
const WAVES: [Wave; 3] = [
    Wave {
        halves: (2.0, 3.0),
        speed: 30.0,
        swing: (0.05, 0.0),
    },
    Wave {
        halves: (7.0, 5.0),
        speed: 30.0,
        swing: (0.11, 2.0),
    },
    Wave {
        halves: (11.0, 13.0),
        speed: 20.0,
        swing: (0.17, 4.0),
    },
];

impl Current {
    /// The current in a basin of this side, so many seconds after its begin.
    pub(super) const fn at(side: f32, seconds: f32) -> Self {
        Self { side, seconds }
    }

    /// Where it carries at a place, units per second.
    pub(super) fn velocity(&self, x: f32, y: f32) -> (f32, f32) {
        let mut sum = (0.0, 0.0);
        for wave in &WAVES {
            let (rate, begin) = wave.swing;
            let size = wave.speed * (rate * self.seconds + begin).cos();
            let (halves_x, halves_y) = wave.halves;
            let (sin_x, cos_x) = (PI * halves_x * x / self.side).sin_cos();
            let (sin_y, cos_y) = (PI * halves_y * y / self.side).sin_cos();
            // The steeper axis of the potential is the faster one.
            let steepest = halves_x.max(halves_y);
            sum.0 += size * halves_y / steepest * sin_x * cos_y;
            sum.1 -= size * halves_x / steepest * cos_x * sin_y;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_carried_over_an_edge() {
        for seconds in [0.0, 7.5, 1_000.0] {
            let current = Current::at(600.0, seconds);
            for place in [0.0, 13.0, 300.0, 555.5, 600.0] {
                for edge in [0.0, 600.0] {
                    assert!(current.velocity(edge, place).0.abs() < 0.01, "{place}");
                    assert!(current.velocity(place, edge).1.abs() < 0.01, "{place}");
                }
            }
        }
    }

    #[test]
    fn what_flows_into_a_place_flows_out_of_it() {
        let current = Current::at(600.0, 3.0);
        let step = 0.5;
        for (x, y) in [(50.0, 60.0), (300.0, 310.0), (411.0, 123.0)] {
            let along_x = current.velocity(x + step, y).0 - current.velocity(x - step, y).0;
            let along_y = current.velocity(x, y + step).1 - current.velocity(x, y - step).1;
            assert!((along_x + along_y).abs() < 0.05, "{along_x} {along_y}");
        }
    }
}
