//! A figure of `GET /metrics`.

/// The largest value of a gauge for one room type on any shard; 0 if there is none.
pub(crate) fn gauge_max(page: &str, name: &str, room: &str) -> f64 {
    let label = format!("room=\"{room}\"");
    let values = page.lines().filter_map(|line| {
        let labels = line.strip_prefix(name)?.strip_prefix('{')?;
        let (labels, value) = labels.rsplit_once("} ")?;
        labels
            .split(',')
            .any(|found| found == label)
            .then_some(())?;
        value.parse::<f64>().ok()
    });
    values.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_of_all_shards_is_found() {
        let page = "# TYPE late gauge\nlate{shard=\"0\",room=\"arena\"} 0.2\n\
                    late{shard=\"1\",room=\"arena\"} 0.3\nlate{shard=\"0\",room=\"chat\"} 9\n\
                    later{shard=\"0\",room=\"arena\"} 7\n";
        assert_eq!(gauge_max(page, "late", "arena"), 0.3);
        assert_eq!(gauge_max(page, "late", "world"), 0.0);
    }
}
