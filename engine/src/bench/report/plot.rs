//! Percentile plots: time over the distance to 100 %, both on log scales. A tail that gets out of
//! hand turns up at the right, like a hockey stick.

use std::fmt::Write;

use hdrhistogram::Histogram;

use super::escape::escape;
use crate::bench::numbers::ms;
use crate::bench::outcome::Curve;

/// A plot as an SVG that takes its colours from the page.
#[derive(Debug)]
pub(super) struct Plot<'a> {
    pub(super) title: &'a str,
    pub(super) lines: Vec<Line<'a>>,
    pub(super) marks: Vec<Mark>,
}

/// One histogram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    /// Names its colour: `line-start` and so on.
    pub(super) class: &'a str,
    pub(super) curve: &'a Curve,
}

/// A height that means something.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) name: String,
    pub(super) at_ms: f64,
}

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;
/// Nine of ten values are above the lowest line: a few that are very short must not flatten the rest.
const MOST: f64 = 0.0458;
/// What is shorter is drawn as this.
const SHORTEST_MS: f64 = 0.001;
/// So fine is a line drawn: points for each tenfold.
const POINTS: u32 = 24;

/// Where what is drawn. `nines` is the logarithm of 1 / (1 - quantile): 2 at p99, 3 at p99.9.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    nines_max: f64,
    /// Tenfolds of a millisecond.
    low: i32,
    high: i32,
}

impl Plot<'_> {
    /// `None` if there is nothing to draw.
    pub(super) fn svg(&self) -> Option<String> {
        let scale = Scale::of(&self.lines)?;
        let mut svg = String::new();
        let title = escape(self.title);
        let _ = write!(
            svg,
            "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{title}\">"
        );
        scale.grid(&mut svg);
        for line in &self.lines {
            scale.line(&mut svg, line);
        }
        for mark in &self.marks {
            scale.mark(&mut svg, mark);
        }
        svg.push_str("</svg>");
        Some(svg)
    }
}

impl Scale {
    /// What holds all lines: whole tenfolds.
    fn of(lines: &[Line<'_>]) -> Option<Self> {
        let curves = lines.iter().map(|line| line.curve);
        let curves: Vec<_> = curves.filter(|curve| !curve.histogram.is_empty()).collect();
        let all = |figure: fn(&Curve) -> f64| curves.iter().map(move |curve| figure(curve));
        let longest = all(|curve| curve.histogram.max() as f64 / curve.per_ms).reduce(f64::max)?;
        let shortest = all(|curve| value_ms(curve, MOST)).reduce(f64::min)?;
        let nines_max = all(|curve| (curve.histogram.len() as f64).log10()).reduce(f64::max)?;
        let low = shortest.max(SHORTEST_MS).log10().floor() as i32;
        let high = longest.max(SHORTEST_MS).log10().ceil() as i32;
        Some(Self {
            nines_max: nines_max.clamp(2.0, 6.0),
            low,
            high: high.max(low + 1),
        })
    }

    fn x(self, nines: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (nines / self.nines_max).clamp(0.0, 1.0)
    }

    fn y(self, ms: f64) -> f64 {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        let part = (ms.max(SHORTEST_MS).log10() - low) / (high - low);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part.clamp(0.0, 1.0)
    }

    fn grid(self, svg: &mut String) {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for tenfold in self.low..=self.high {
            let y = self.y(10_f64.powi(tenfold));
            let label = unit(tenfold);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 8.0,
                y + 4.0
            );
        }
        for (name, nines) in PERCENTILES {
            if nines > self.nines_max {
                break;
            }
            let x = self.x(nines);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
                 <text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
                bottom + 20.0
            );
        }
    }

    fn mark(self, svg: &mut String, mark: &Mark) {
        let tenfold = mark.at_ms.log10();
        if tenfold < f64::from(self.low) || tenfold > f64::from(self.high) {
            return;
        }
        let (y, right, name) = (self.y(mark.at_ms), WIDTH - RIGHT, escape(&mark.name));
        let _ = write!(
            svg,
            "<line class=\"mark\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"mark-name\" x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
            LEFT + 6.0,
            y - 5.0
        );
    }

    fn line(self, svg: &mut String, line: &Line<'_>) {
        let (class, name) = (escape(line.class), escape(line.name));
        let Some(points) = self.points(line.curve) else {
            return;
        };
        let path: Vec<_> = points
            .iter()
            .map(|(x, y)| format!("{x:.1} {y:.1}"))
            .collect();
        let _ = write!(
            svg,
            "<g class=\"{class}\"><path class=\"line\" d=\"M{}\"><title>{name}</title></path>",
            path.join("L")
        );
        for (percentile, nines) in PERCENTILES.into_iter().skip(1) {
            if nines > line.curve.nines() {
                break;
            }
            let value = value_ms(line.curve, nines);
            let (x, y, text) = (self.x(nines), self.y(value), ms(value));
            let _ = write!(
                svg,
                "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\">\
                 <title>{name}, p{percentile}: {text} ms</title></circle>"
            );
        }
        svg.push_str("</g>");
    }

    /// From the median's left to the largest value.
    fn points(self, curve: &Curve) -> Option<Vec<(f64, f64)>> {
        if curve.histogram.is_empty() {
            return None;
        }
        let nines_max = curve.nines().min(self.nines_max);
        let count = (nines_max * f64::from(POINTS)).ceil().max(2.0) as u32;
        let points = (0..=count).map(|number| {
            let nines = nines_max * f64::from(number) / f64::from(count);
            let value = match number == count {
                true => curve.histogram.max() as f64 / curve.per_ms,
                false => value_ms(curve, nines),
            };
            (self.x(nines), self.y(value))
        });
        Some(points.collect())
    }
}

/// Their names, and where they are.
const PERCENTILES: [(&str, f64); 7] = [
    ("0", 0.0),
    ("50", std::f64::consts::LOG10_2),
    ("90", 1.0),
    ("99", 2.0),
    ("99.9", 3.0),
    ("99.99", 4.0),
    ("99.999", 5.0),
];

impl Curve {
    /// As far as it is known: of a thousand values, up to p99.9.
    fn nines(&self) -> f64 {
        (self.histogram.len() as f64).log10().max(0.0)
    }
}

fn value_ms(curve: &Curve, nines: f64) -> f64 {
    let histogram: &Histogram<u64> = &curve.histogram;
    let quantile = 1.0 - 10_f64.powf(-nines);
    histogram.value_at_quantile(quantile) as f64 / curve.per_ms
}

fn unit(tenfold: i32) -> String {
    match tenfold {
        ..0 => format!("{:.0} µs", 10_f64.powi(tenfold + 3)),
        0..3 => format!("{:.0} ms", 10_f64.powi(tenfold)),
        3.. => format!("{:.0} s", 10_f64.powi(tenfold - 3)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values_us: impl IntoIterator<Item = u64>) -> Curve {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        for value in values_us {
            histogram.record(value).unwrap();
        }
        Curve {
            name: "late".into(),
            histogram,
            per_ms: 1e3,
        }
    }

    fn line(curve: &Curve) -> Line<'_> {
        Line {
            name: "late & slow",
            class: "line-start",
            curve,
        }
    }

    #[test]
    fn a_scale_holds_all_lines_in_whole_tenfolds() {
        let short = curve((0..10_000).map(|_| 50));
        let long = curve([3_000, 70_000]);
        let scale = Scale::of(&[line(&short), line(&long)]).unwrap();
        assert_eq!((scale.low, scale.high, scale.nines_max), (-2, 2, 4.0));
        assert_eq!(scale.x(0.0), LEFT);
        assert_eq!(scale.x(4.0), WIDTH - RIGHT);
        assert_eq!(scale.y(0.01), HEIGHT - BOTTOM);
        assert_eq!(scale.y(100.0), TOP);
        assert!((scale.y(1.0) - (HEIGHT - BOTTOM + TOP) / 2.0).abs() < 1e-9);
        assert_eq!(scale.y(0.0), scale.y(0.001));
    }

    #[test]
    fn a_line_rises_to_its_largest_value() {
        let curve = curve((1..=1_000).map(|number| number * 10));
        let scale = Scale::of(&[line(&curve)]).unwrap();
        let points = scale.points(&curve).unwrap();
        assert!(
            points
                .windows(2)
                .all(|two| two[0].0 < two[1].0 && two[0].1 >= two[1].1)
        );
        let (x, y) = points[points.len() - 1];
        assert!((x - scale.x(3.0)).abs() < 1e-9 && (y - scale.y(10.0)).abs() < 1.0);
    }

    #[test]
    fn a_plot_names_what_it_shows() {
        let (some, none) = (curve([1_000, 2_000]), curve([]));
        let marks = vec![
            Mark {
                name: "10 %".into(),
                at_ms: 5.0,
            },
            Mark {
                name: "far".into(),
                at_ms: 5_000.0,
            },
        ];
        let plot = Plot {
            title: "ticks",
            lines: vec![line(&some), line(&none)],
            marks,
        };
        let svg = plot.svg().unwrap();
        assert_eq!(svg.matches("class=\"line\"").count(), 1);
        assert!(svg.contains("late &amp; slow") && svg.contains("10 %") && !svg.contains("far"));
        let empty = Plot {
            title: "",
            lines: vec![line(&none)],
            marks: Vec::new(),
        };
        assert!(empty.svg().is_none());
    }

    #[test]
    fn heights_have_the_unit_that_reads_best() {
        let units = [-3, -1, 0, 2, 3].map(unit);
        assert_eq!(units, ["1 µs", "100 µs", "1 ms", "100 ms", "1 s"]);
    }
}
