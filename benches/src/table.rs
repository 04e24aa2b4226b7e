//! Tables that read well in a terminal and in Markdown.

use std::fmt;

use serde::Serialize;

/// A title, columns, and rows of text. The first column is aligned left, figures right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<const N: usize>(title: impl Into<String>, columns: [&str; N]) -> Self {
        Self {
            title: title.into(),
            columns: columns.map(str::to_owned).to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it has not a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        assert_eq!(cells.len(), self.columns.len(), "a row fills its columns");
        self.rows.push(cells);
    }

    fn widths(&self) -> Vec<usize> {
        let lines = || self.rows.iter().chain([&self.columns]);
        (0..self.columns.len())
            .map(|column| lines().map(|line| line[column].chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        writeln!(f, "### {}\n", self.title)?;
        write_line(f, &self.columns, &widths)?;
        write_rule(f, &widths)?;
        for row in &self.rows {
            write_line(f, row, &widths)?;
        }
        Ok(())
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, cells: &[String], widths: &[usize]) -> fmt::Result {
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if column == 0 {
            write!(f, "| {cell:<width$} |")?;
        } else {
            write!(f, " {cell:>width$} |")?;
        }
    }
    writeln!(f)
}

fn write_rule(f: &mut fmt::Formatter<'_>, widths: &[usize]) -> fmt::Result {
    for (column, width) in widths.iter().enumerate() {
        let dashes = "-".repeat(width + 1);
        match column {
            0 => write!(f, "|{dashes}-|")?,
            _ => write!(f, "{dashes}:|")?,
        }
    }
    writeln!(f)
}

/// A number with as many decimals as its size deserves: `0.123`, `1.23`, `12.3`, `1,234`.
pub fn figure(number: f64) -> String {
    match number.abs() {
        size if !size.is_finite() => "–".to_owned(),
        0.0 => "0".to_owned(),
        size if size < 1.0 => format!("{number:.3}"),
        size if size < 10.0 => format!("{number:.2}"),
        size if size < 1_000.0 => format!("{number:.1}"),
        _ => whole(number.round() as i64),
    }
}

/// A whole number in groups of three digits.
pub fn whole(number: impl TryInto<i64>) -> String {
    let number: i64 = number.try_into().unwrap_or(i64::MAX);
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new("Rows", ["name", "p99, µs"]);
        table.row(["a".to_owned(), "7".to_owned()]);
        table.row(["longer".to_owned(), "1,234.5".to_owned()]);
        let expected = "\
### Rows

| name   | p99, µs |
|--------|--------:|
| a      |       7 |
| longer | 1,234.5 |
";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    #[should_panic(expected = "a row fills its columns")]
    fn a_short_row_is_a_bug() {
        Table::new("Rows", ["name", "p99"]).row(["a".to_owned()]);
    }

    #[test]
    fn a_figure_has_the_digits_that_matter() {
        for (number, expected) in [
            (0.0, "0"),
            (0.0123, "0.012"),
            (-1.234, "-1.23"),
            (12.34, "12.3"),
            (999.0, "999.0"),
            (1_234_567.8, "1,234,568"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(figure(number), expected);
        }
        assert_eq!(whole(-12_345), "-12,345");
        assert_eq!(whole(u64::MAX), whole(i64::MAX));
    }
}
