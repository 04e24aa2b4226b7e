//! Keys and channels.

/// How keys and topics are called in Redis.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// In front of a topic; behind it a brace closes.
    channel: String,
    key: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            channel: format!("{prefix}:{{t:"),
            key: format!("{prefix}:{{p:"),
        }
    }

    pub(super) fn key(&self, key: &str) -> Vec<u8> {
        format!("{}{key}}}", self.key).into_bytes()
    }

    pub(super) fn channel(&self, topic: &str) -> Vec<u8> {
        format!("{}{topic}}}", self.channel).into_bytes()
    }

    /// The topic of a channel; none if it is not one of ours.
    pub(super) fn topic<'a>(&self, channel: &'a [u8]) -> Option<&'a str> {
        let topic = channel.strip_prefix(self.channel.as_bytes())?;
        std::str::from_utf8(topic.strip_suffix(b"}")?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_has_its_topic_in_it() {
        let names = Names::new("downbeat");
        assert_eq!(names.key("a"), b"downbeat:{p:a}");
        for topic in ["", "news", "a}b{c", "grüße", "}"] {
            let channel = names.channel(topic);
            assert_eq!(names.topic(&channel), Some(topic));
        }
        for channel in [
            &b"downbeat:{p:a}"[..],
            b"downbeat:{t:a",
            b"",
            b"downbeat:{t:\xff}",
        ] {
            assert_eq!(names.topic(channel), None);
        }
    }
}
