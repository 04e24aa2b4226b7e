//! Who gets in, and who does not.

use super::*;

fn access(password: Option<&str>, listen: &str) -> Option<Access> {
    let settings = Settings {
        monitor_password: password.map(|password| password.parse().unwrap()),
        ..Settings::default()
    };
    Access::new(&settings, listen.parse().unwrap())
}

fn caller() -> Caller {
    Caller {
        token: None,
        address: IpAddr::from([127, 0, 0, 1]),
        origin: None,
        host: Some("localhost:2567".to_owned()),
        is_forwarded: false,
    }
}

fn at(ms: u64) -> Timestamp {
    Timestamp(ms * 1_000_000)
}

#[test]
fn it_is_off_where_nothing_protects_it() {
    let check = |password, listen, expected: bool| {
        assert_eq!(access(password, listen).is_some(), expected, "{listen}");
    };
    check(None, "[::]:2567", false);
    check(None, "0.0.0.0:2567", false);
    check(None, "192.0.2.1:2567", false);
    check(None, "127.0.0.1:2567", true);
    check(None, "[::1]:2567", true);
    check(None, "[::ffff:127.0.0.1]:2567", true);
    check(Some("secret"), "[::]:2567", true);
}

#[test]
fn without_a_password_it_is_for_its_own_page_on_this_machine() {
    let access = access(None, "127.0.0.1:2567").unwrap();
    let check = |change: &dyn Fn(&mut Caller), expected: bool| {
        let mut caller = caller();
        change(&mut caller);
        let admitted = access.admit(&caller, at(0));
        assert_eq!(admitted.is_ok(), expected, "{caller:?}");
        if let Err(error) = admitted {
            assert_eq!(error.code, MatchmakeCode::PasswordNeeded);
            assert!(error.text.contains("MONITOR_PASSWORD"));
        }
    };
    let host = |caller: &mut Caller, host: &str| caller.host = Some(host.to_owned());
    let origin = |caller: &mut Caller, origin: &str| caller.origin = Some(origin.to_owned());
    check(&|_| {}, true);
    for name in [
        "localhost",
        "LOCALHOST:1",
        "127.0.0.1:2567",
        "[::1]:2567",
        "[::1]",
    ] {
        check(&|caller| host(caller, name), true);
    }
    for name in [
        "evil.example",
        "127.0.0.1.evil.example:80",
        "192.0.2.1:2567",
        "",
    ] {
        check(&|caller| host(caller, name), false);
    }
    check(&|caller| caller.host = None, false);
    check(&|caller| origin(caller, "http://localhost:2567"), true);
    check(&|caller| origin(caller, "https://localhost:2567"), true);
    for other in ["http://localhost:3000", "http://evil.example", "null", ""] {
        check(&|caller| origin(caller, other), false);
    }
    check(&|caller| caller.is_forwarded = true, false);
    check(
        &|caller| caller.address = IpAddr::from([192, 0, 2, 1]),
        false,
    );
}

#[test]
fn wrong_passwords_are_few_per_second_and_address() {
    let access = access(Some("secret"), "[::]:2567").unwrap();
    let code = |token: &str, address: [u8; 4], ms| {
        let caller = Caller {
            token: Some(token.to_owned()),
            address: address.into(),
            ..caller()
        };
        access
            .admit(&caller, at(ms))
            .err()
            .map(|error| error.code.code())
    };
    let (bad, good) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    assert_eq!(code("secret", bad, 0), None);
    for ms in 0..5 {
        assert_eq!(code("wrong", bad, ms), Some(401));
    }
    assert_eq!(code("wrong", bad, 6), Some(429));
    assert_eq!(code("secret", bad, 7), Some(429), "or guessing would go on");
    assert_eq!(code("secret", good, 8), None);
    assert_eq!(code("secret", bad, 1_000), None);
    assert_eq!(access.admit(&caller(), at(9)).unwrap_err().code.code(), 401);
}

#[test]
fn whoever_has_many_addresses_fills_no_memory() {
    let access = access(Some("secret"), "[::]:2567").unwrap();
    for number in 0..100_000u32 {
        let caller = Caller {
            token: Some("wrong".to_owned()),
            address: number.to_be_bytes().into(),
            ..caller()
        };
        assert!(access.admit(&caller, at(u64::from(number))).is_err());
    }
    let tries = access.tries.lock().unwrap();
    assert_eq!(tries.by_address.len(), ADDRESSES_MAX);
    assert!(tries.unlogged > 0, "one line a minute, not one for each");
    let one = network("2001:db8::1".parse().unwrap());
    assert_eq!(one, network("2001:db8::2:3".parse().unwrap()));
}
