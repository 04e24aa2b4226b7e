//! Numbers with the digits that matter.

/// Milliseconds: `0.012`, `0.12`, `1.23`, `12.3`, `123`.
pub(crate) fn ms(number: f64) -> String {
    match number.abs() {
        size if !size.is_finite() => "–".to_owned(),
        0.0 => "0".to_owned(),
        size if size < 0.0995 => format!("{number:.3}"),
        size if size < 9.95 => format!("{number:.2}"),
        size if size < 99.5 => format!("{number:.1}"),
        _ => whole(number),
    }
}

/// One decimal, or none where it is large.
pub(crate) fn one(number: f64) -> String {
    if number.abs() < 99.5 {
        format!("{number:.1}")
    } else {
        whole(number)
    }
}

/// In groups of three digits.
pub(crate) fn whole(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::from(if number <= -0.5 { "-" } else { "" });
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
    fn a_number_has_the_digits_that_matter() {
        for (number, expected) in [
            (0.0, "0"),
            (0.0123, "0.012"),
            (0.123, "0.12"),
            (1.234, "1.23"),
            (12.34, "12.3"),
            (123.4, "123"),
            (12_345.0, "12,345"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(ms(number), expected);
        }
        assert_eq!(whole(-1_234_567.0), "-1,234,567");
        assert_eq!((one(3.24), one(1_000.4)), ("3.2".into(), "1,000".into()));
    }
}
