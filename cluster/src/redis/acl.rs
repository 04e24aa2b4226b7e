//! What our user may do in Redis.

/// A line for Redis' ACL file (or behind `ACL SETUSER`) with the least that the work needs. The
/// password and, if `DOWNBEAT_REDIS_PREFIX` is set, both patterns are the operator's.
///
/// Scripts do to the keys what their user may: hence the kinds of data. What hurts others (KEYS,
/// FLUSHALL, CONFIG, DEBUG, MONITOR, …) is not in it.
pub const ACL_LINE: &str = "user downbeat on >PASSWORD resetkeys ~downbeat:* resetchannels \
    &downbeat:* nocommands +@string +@hash +@set +@sortedset +@list -@dangerous -@blocking +del \
    +unlink +exists +type +expire +pexpire +expireat +pexpireat +persist +ttl +pttl +time \
    +eval +evalsha +wait +spublish +ssubscribe +sunsubscribe +auth +hello +ping +asking +info \
    +role +cluster|nodes";

#[cfg(test)]
mod tests {
    use super::ACL_LINE;

    #[test]
    fn the_page_for_operators_has_the_line() {
        let page = include_str!("../../../docs/redis.md");
        assert!(page.lines().any(|line| line == ACL_LINE));
    }
}
