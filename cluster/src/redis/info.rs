//! The text of INFO: lines of `NAME:VALUE` under headings.

/// What a server tells of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info<'a>(pub(crate) &'a str);

/// A version of Redis: major and minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RedisVersion(pub(crate) u32, pub(crate) u32);

impl<'a> Info<'a> {
    /// A value, if the server tells of it.
    pub(crate) fn value(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.0.lines().filter_map(|line| line.split_once(':'));
        let value = pairs.find_map(|(found, value)| (found == name).then_some(value));
        value.map(str::trim)
    }

    /// A number, 0 if the server tells of none.
    pub(crate) fn number(&self, name: &str) -> u64 {
        let number = self.value(name).and_then(|value| value.parse().ok());
        number.unwrap_or(0)
    }

    /// Its version, if it has one of numbers.
    pub(crate) fn version(&self) -> Option<RedisVersion> {
        let mut parts = self.value("redis_version")?.split('.');
        let mut part = || parts.next()?.parse().ok();
        Some(RedisVersion(part()?, part()?))
    }
}

#[cfg(test)]
mod tests {
    use super::{Info, RedisVersion};

    #[test]
    fn values_are_found() {
        let info = Info("# Server\r\nredis_version:7.0.15\r\nused_memory:12\r\n\r\nempty:\r\n");
        assert_eq!(info.version(), Some(RedisVersion(7, 0)));
        assert!(info.version() > Some(RedisVersion(6, 2)));
        assert_eq!(info.number("used_memory"), 12);
        assert_eq!(info.number("used"), 0);
        assert_eq!(info.value("empty"), Some(""));
        assert_eq!(info.value("memory"), None);
        assert_eq!(Info("redis_version:unstable").version(), None);
        assert_eq!(Info("").version(), None);
    }
}
