//! Percentiles as a table of the page.

use std::fmt::Write;

use super::escape::escape;
use crate::bench::numbers::{ms, whole};
use crate::load::Distribution;

/// A line of the table.
#[derive(Debug)]
pub(super) struct Row {
    name: String,
    /// `None`: the name is a heading.
    figures: Option<Distribution>,
}

impl Row {
    pub(super) fn of(name: String, figures: &Distribution) -> Self {
        let figures = Some(figures.clone());
        Self { name, figures }
    }

    pub(super) const fn head(name: String) -> Self {
        let figures = None;
        Self { name, figures }
    }
}

pub(super) fn percentile_table(html: &mut String, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    html.push_str("<div class=\"scroll\"><table><tr><th>ms</th>");
    for column in ["p50", "p90", "p99", "p99.9", "p99.99", "max", "samples"] {
        let _ = write!(html, "<th>{column}</th>");
    }
    html.push_str("</tr>\n");
    for row in rows {
        let name = escape(&row.name);
        let Some(of) = &row.figures else {
            let _ = writeln!(html, "<tr class=\"run\"><td colspan=\"8\">{name}</td></tr>");
            continue;
        };
        let _ = write!(html, "<tr><td>{name}</td>");
        for value in [of.p50, of.p90, of.p99, of.p999, of.p9999, of.max] {
            let _ = write!(html, "<td>{}</td>", ms(value));
        }
        let _ = writeln!(html, "<td>{}</td></tr>", whole(of.samples as f64));
    }
    html.push_str("</table></div>\n");
}
