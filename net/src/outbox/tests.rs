use super::*;

/// An outbox that takes 100 bytes, with a message and a clock of its own.
struct Bench {
    outbox: Outbox,
    limits: Limits,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        let limits = Limits {
            outbox_bytes_max: 100,
            outbox_window_ms: 1_000,
            ..Limits::default()
        };
        Self {
            outbox: Outbox::default(),
            limits,
            now: Timestamp(0),
        }
    }

    fn at_ms(&mut self, ms: u64) -> &mut Self {
        self.now = Timestamp(ms * 1_000_000);
        self
    }

    /// Pushes a message of `letter` with a head of one `#`, after the socket took `sent` of it.
    fn push(&mut self, letter: &str, len: usize, sent: usize) -> Delivery {
        let payload = Bytes::from(letter.repeat(len - 1));
        let parts = [Part::Shared(&payload)];
        let Self { limits, now, .. } = self;
        self.outbox.push_message(b"#", &parts, sent, limits, *now)
    }

    fn waiting(&self) -> String {
        let mut batch = Vec::new();
        self.outbox.gather(&mut batch, usize::MAX);
        assert_eq!(batch.len(), self.outbox.queued_bytes());
        String::from_utf8(batch).unwrap()
    }

    fn drain(&mut self) -> String {
        let waiting = self.waiting();
        self.outbox.advance(waiting.len(), self.now);
        waiting
    }
}

#[test]
fn messages_go_out_in_order_however_the_socket_takes_them() {
    let shared = Bytes::from_static(b"shared");
    let parts = [
        Part::Own(b"own"),
        Part::Shared(&shared),
        Part::Own(b""),
        Part::Own(b"tail"),
        Part::Shared(&shared),
    ];
    let message = "#ownsharedtailshared";
    for sent in 0..message.len() {
        for step in 1..8 {
            let mut bench = Bench::new();
            let Bench {
                outbox,
                limits,
                now,
            } = &mut bench;
            outbox.push_message(b"#", &parts, sent, limits, *now);
            outbox.push_message(b"#", &[Part::Own(b"two")], 0, limits, *now);
            let mut out = message[..sent].to_owned();
            while !bench.outbox.is_empty() {
                let mut batch = Vec::new();
                bench.outbox.gather(&mut batch, step);
                bench.outbox.advance(batch.len(), Timestamp(0));
                out += std::str::from_utf8(&batch).unwrap();
            }
            assert_eq!(out, format!("{message}#two"));
        }
    }
}

#[test]
fn shared_bytes_wait_without_a_copy() {
    let mut bench = Bench::new();
    let shared = Bytes::from(vec![b'x'; 50]);
    let parts = [Part::Shared(&shared)];
    bench
        .outbox
        .push_message(b"#", &parts, 11, &bench.limits, bench.now);
    let queued = &bench.outbox.pieces[0].bytes;
    assert_eq!(queued.as_ptr(), shared[10..].as_ptr());
}

#[test]
fn an_overflow_drops_what_waits_and_then_all_until_it_is_drained() {
    let mut bench = Bench::new();
    assert_eq!(bench.push("a", 60, 0), Delivery::Queued);
    assert_eq!(bench.push("b", 40, 0), Delivery::Queued);
    assert_eq!(bench.push("c", 2, 0), Delivery::Overflow);
    assert_eq!(bench.waiting(), "");
    assert!(bench.outbox.is_drained());
    assert_eq!(bench.push("d", 2, 0), Delivery::Skipped);
    bench.outbox.resume();
    assert_eq!(bench.push("s", 2, 0), Delivery::Queued);
    assert_eq!(bench.waiting(), "#s");
}

#[test]
fn an_overflow_never_cuts_a_message_or_drops_a_close_frame() {
    let mut bench = Bench::new();
    bench.push("a", 60, 0);
    bench.outbox.advance(58, bench.now);
    bench.push("b", 60, 0);
    bench.outbox.push_kept("CLOSE", bench.now);
    bench
        .outbox
        .push_control(b"PONG".to_vec(), &bench.limits, bench.now);
    assert_eq!(bench.push("c", 60, 0), Delivery::Overflow);
    assert_eq!(bench.waiting(), "aaCLOSE");
    assert!(!bench.outbox.is_drained());
    assert_eq!(bench.drain(), "aaCLOSE");
    assert!(bench.outbox.is_drained());
}

#[test]
fn the_rest_of_a_message_the_socket_began_with_is_kept() {
    let mut bench = Bench::new();
    // The head alone is out: what is queued begins with a whole piece, yet in the middle.
    bench.push("a", 10, 1);
    bench.push("b", 90, 0);
    assert_eq!(bench.push("c", 20, 0), Delivery::Overflow);
    assert_eq!(bench.waiting(), "aaaaaaaaa");
}

#[test]
fn an_empty_outbox_takes_one_message_of_any_size() {
    let mut bench = Bench::new();
    assert_eq!(bench.push("a", 1_000, 0), Delivery::Queued);
    bench.outbox.advance(1, bench.now);
    // It is on the wire: the bound counts what waits behind it.
    assert_eq!(bench.push("b", 100, 0), Delivery::Queued);
    assert_eq!(bench.push("c", 2, 0), Delivery::Overflow);
    assert_eq!(bench.waiting().len(), 999);
}

#[test]
fn a_second_overflow_within_the_window_is_a_slow_reader() {
    let overflow_at = |bench: &mut Bench, ms| {
        bench.at_ms(ms).push("a", 60, 0);
        let delivery = bench.push("b", 60, 0);
        bench.outbox.resume();
        delivery
    };
    let mut bench = Bench::new();
    assert_eq!(overflow_at(&mut bench, 0), Delivery::Overflow);
    assert_eq!(overflow_at(&mut bench, 1_001), Delivery::Overflow);
    assert_eq!(overflow_at(&mut bench, 2_001), Delivery::SlowReader);
}

#[test]
fn pongs_do_not_pile_up() {
    let mut bench = Bench::new();
    for _ in 0..1_000 {
        bench
            .outbox
            .push_control(b"12345".to_vec(), &bench.limits, bench.now);
    }
    assert_eq!(bench.outbox.queued_bytes(), 100);
}

#[test]
fn a_stall_is_counted_from_the_last_byte_taken() {
    let mut bench = Bench::new();
    let stalled_ms = |bench: &Bench| bench.outbox.stalled_for(bench.now).as_millis();
    bench.at_ms(1_000);
    assert_eq!(stalled_ms(&bench), 0);
    bench.push("a", 10, 0);
    bench.at_ms(1_500).push("b", 10, 0);
    assert_eq!(stalled_ms(&bench), 500);
    bench.outbox.advance(1, bench.now);
    assert_eq!(stalled_ms(bench.at_ms(1_600)), 100);
    bench.drain();
    assert_eq!(stalled_ms(bench.at_ms(9_000)), 0);
}
