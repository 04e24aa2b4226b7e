//! Floats on a grid.

use downbeat_schemas::reflect::FieldType;

use super::FieldSink;
use super::value::array_len;

/// A grid of 2^bits - 1 equal steps from `min` to `max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantize {
    min: f64,
    max: f64,
    bits: u8,
}

impl Quantize {
    /// A grid; in a const, as the derive has it, a wrong one does not compile.
    ///
    /// # Panics
    /// If `min` is not below `max`, one of them is not finite, or `bits` is not 8, 16, 24 or 32.
    pub const fn new(min: f64, max: f64, bits: u8) -> Self {
        assert!(min < max, "quantize: min must be below max");
        assert!(
            (max - min).is_finite(),
            "quantize: min and max must be finite"
        );
        assert!(
            matches!(bits, 8 | 16 | 24 | 32),
            "quantize: bits must be 8, 16, 24 or 32"
        );
        Self { min, max, bits }
    }

    /// The step nearest to `value`; beyond the ends the end; a NaN counts as `min`.
    pub fn step(&self, value: f64) -> u32 {
        let steps = self.steps();
        if value >= self.max {
            return steps;
        }
        if value > self.min {
            let place = (value - self.min) / (self.max - self.min);
            return (place * f64::from(steps) + 0.5) as u32;
        }
        0
    }

    /// The value that clients read for `step`.
    pub fn value(&self, step: u32) -> f64 {
        self.min + f64::from(step) / f64::from(self.steps()) * (self.max - self.min)
    }

    /// Bytes of a step on the wire.
    pub const fn bytes(&self) -> usize {
        self.bits as usize / 8
    }

    const fn steps(&self) -> u32 {
        u32::MAX >> (32 - self.bits)
    }

    const fn field_type(&self) -> FieldType {
        FieldType::Quantized {
            min: self.min,
            max: self.max,
            bits: self.bits,
        }
    }
}

/// What `#[quantize]` may stand on: f32, f64, and arrays and options of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be quantized",
    label = "not a float",
    note = "`#[quantize]` is for f32, f64, and arrays and options of them: remove it, or change the type"
)]
pub trait Quantizable: Clone + 'static {
    /// How clients read it.
    fn field_type(grid: &Quantize) -> FieldType;
    /// Whether `sent` is on the same step.
    fn same(&self, sent: &Self, grid: &Quantize) -> bool;
    /// Hands the step to an encoder.
    fn put(&self, grid: &Quantize, sink: &mut dyn FieldSink);
}

macro_rules! quantizable {
    ($($float:ty),*) => { $(
        impl Quantizable for $float {
            fn field_type(grid: &Quantize) -> FieldType {
                grid.field_type()
            }

            fn same(&self, sent: &Self, grid: &Quantize) -> bool {
                grid.step(f64::from(*self)) == grid.step(f64::from(*sent))
            }

            fn put(&self, grid: &Quantize, sink: &mut dyn FieldSink) {
                sink.quantized(grid.step(f64::from(*self)), grid);
            }
        }
    )* };
}

quantizable!(f32, f64);

impl<T: Quantizable, const N: usize> Quantizable for [T; N] {
    fn field_type(grid: &Quantize) -> FieldType {
        FieldType::Array {
            element: Box::new(T::field_type(grid)),
            len: const { array_len(N) },
        }
    }

    fn same(&self, sent: &Self, grid: &Quantize) -> bool {
        let mut pairs = self.iter().zip(sent);
        pairs.all(|(now, sent)| now.same(sent, grid))
    }

    fn put(&self, grid: &Quantize, sink: &mut dyn FieldSink) {
        for element in self {
            element.put(grid, sink);
        }
    }
}

impl<T: Quantizable> Quantizable for Option<T> {
    fn field_type(grid: &Quantize) -> FieldType {
        FieldType::Option(Box::new(T::field_type(grid)))
    }

    fn same(&self, sent: &Self, grid: &Quantize) -> bool {
        match (self, sent) {
            (Some(now), Some(sent)) => now.same(sent, grid),
            (now, sent) => now.is_none() == sent.is_none(),
        }
    }

    fn put(&self, grid: &Quantize, sink: &mut dyn FieldSink) {
        sink.option(self.is_some());
        if let Some(value) = self {
            value.put(grid, sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_to_the_nearest_step() {
        let grid = Quantize::new(-10.0, 10.0, 8);
        let cases = [
            (f64::NAN, 0),
            (f64::NEG_INFINITY, 0),
            (-10.0, 0),
            (-9.97, 0),
            (-9.95, 1),
            (0.0, 128),
            (9.97, 255),
            (10.0, 255),
            (f64::INFINITY, 255),
        ];
        for (value, step) in cases {
            assert_eq!(grid.step(value), step, "{value}");
        }
    }

    #[test]
    fn each_step_reads_back_as_itself() {
        for bits in [8, 16, 24, 32] {
            let grid = Quantize::new(-3.0, 1_000.0, bits);
            for step in [0, 1, 77, grid.steps() / 2, grid.steps() - 1, grid.steps()] {
                assert_eq!(grid.step(grid.value(step)), step, "{bits} bits");
            }
        }
    }

    #[test]
    #[should_panic(expected = "min must be below max")]
    fn a_grid_has_an_extent() {
        Quantize::new(1.0, 1.0, 8);
    }
}
