//! When bytes came, by the kernel's word.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, SystemTime};

use downbeat_net::socket::Recv;
use downbeat_schemas::time::Timestamp;
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, RecvMsg, recvmsg, setsockopt, sockopt};
use nix::sys::time::TimeSpec;

use crate::clock::Clock;

/// Reads with the time at which the kernel took the bytes in (`SO_TIMESTAMPNS`), so that a
/// generator that comes to them late does not make the server look late. Of several segments the
/// last one's time counts: a patch that waited for its reader until the next one came seems later
/// than it was, never earlier.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// The wall clock, by which the kernel stamps, at the zero of the run's clock.
    zero: Duration,
    control: Vec<u8>,
}

/// What a read brought, and when it had come. `None`: nothing, or without a stamp.
pub(super) type Arrived = (Recv, Option<Timestamp>);

impl Arrivals {
    pub(super) fn new(clock: Clock) -> Self {
        let mut arrivals = Self {
            zero: Duration::ZERO,
            control: cmsg_space!(TimeSpec),
        };
        arrivals.follow(clock);
        arrivals
    }

    /// From now on what `socket` receives is stamped.
    pub(super) fn stamp(socket: &impl AsFd) -> io::Result<()> {
        Ok(setsockopt(socket, sockopt::ReceiveTimestampns, &true)?)
    }

    /// Follows the wall clock, which may be set while the run lasts.
    pub(super) fn follow(&mut self, clock: Clock) {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let run = Duration::from_nanos(clock.now().0);
        self.zero = wall.unwrap_or_default().saturating_sub(run);
    }

    /// Reads what has come, at most `space.len()` bytes, which must not be zero.
    pub(super) fn recv(&mut self, socket: &impl AsFd, space: &mut [u8]) -> Arrived {
        let fd = socket.as_fd().as_raw_fd();
        let mut space = [IoSliceMut::new(space)];
        loop {
            let control = Some(self.control.as_mut_slice());
            match recvmsg::<()>(fd, &mut space, control, MsgFlags::MSG_DONTWAIT) {
                Ok(message) if message.bytes == 0 => return (Recv::Ended, None),
                Ok(message) => {
                    let (bytes, stamp) = (message.bytes, stamp_of(&message));
                    return (Recv::Bytes(bytes), stamp.map(|wall| self.on_clock(wall)));
                }
                Err(Errno::EAGAIN) => return (Recv::Empty, None),
                Err(Errno::EINTR) => {}
                Err(_) => return (Recv::Broken, None),
            }
        }
    }

    fn on_clock(&self, wall: Duration) -> Timestamp {
        let since_zero = wall.saturating_sub(self.zero);
        Timestamp(u64::try_from(since_zero.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// The kernel's stamp, by the wall clock.
fn stamp_of(message: &RecvMsg<'_, '_, ()>) -> Option<Duration> {
    message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::ScmTimestampns(at) => Some(at.into()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::thread::sleep;

    /// Two clocks are read one after the other, and a thread may rest in between.
    const TOLERANCE: Duration = Duration::from_millis(200);

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (receiver, _) = listener.accept().unwrap();
        Arrivals::stamp(&receiver).unwrap();
        (sender, receiver)
    }

    /// The kernel begins to stamp soon after the first socket asks for it, not at once.
    fn wait_for_stamps(arrivals: &mut Arrivals, sender: &mut TcpStream, receiver: &TcpStream) {
        for _ in 0..1_000 {
            sender.write_all(b".").unwrap();
            if arrivals.recv(receiver, &mut [0]).1.is_some() {
                return;
            }
            sleep(Duration::from_millis(1));
        }
        panic!("the kernel does not stamp");
    }

    #[test]
    fn bytes_keep_the_time_at_which_they_came_however_late_they_are_read() {
        let (mut sender, receiver) = pair();
        let clock = Clock::start();
        let mut arrivals = Arrivals::new(clock);
        let mut space = [0; 16];
        assert_eq!(arrivals.recv(&receiver, &mut space), (Recv::Empty, None));
        wait_for_stamps(&mut arrivals, &mut sender, &receiver);

        let sent_at = clock.now();
        sender.write_all(b"beat").unwrap();
        sleep(2 * TOLERANCE);
        arrivals.follow(clock);
        let (brought, arrived) = arrivals.recv(&receiver, &mut space);
        let read_at = clock.now();
        assert_eq!(brought, Recv::Bytes(4));
        let arrived = arrived.unwrap();
        assert!(sent_at < arrived.after(TOLERANCE), "{arrived:?}");
        assert!(arrived.after(TOLERANCE) < read_at, "{arrived:?}");

        drop(sender);
        assert_eq!(arrivals.recv(&receiver, &mut space), (Recv::Ended, None));
    }
}
