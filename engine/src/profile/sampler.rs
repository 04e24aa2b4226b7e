//! The kernel copies the stack of a running thread, so many times a second.

use std::io;

use perf_event::data::Record as Parsed;
use perf_event::events::Software;
use perf_event::{Builder, SampleFlag};

/// The part of a stack that is copied: a tick of the sample rooms is 2 to 4 KiB deep. Of a deeper
/// stack the innermost functions are known, and that it is cut.
const STACK_BYTES: u32 = 8 << 10;
/// What the kernel keeps until it is read: some 250 samples. While it is full, none are taken.
const RING_BYTES: usize = 2 << 20;

/// The registers that unwinding begins with, as bits of the kernel's mask and in its order.
#[cfg(target_arch = "x86_64")]
const REGISTERS: u64 = 1 << 6 | 1 << 7 | 1 << 8;
#[cfg(target_arch = "aarch64")]
const REGISTERS: u64 = 1 << 29 | 1 << 30 | 1 << 31 | 1 << 32;

/// Why the kernel takes no samples.
#[derive(Debug, thiserror::Error)]
#[error(
    "perf_event_open is refused ({0}): set `sysctl kernel.perf_event_paranoid=2` or lower, or give the process \
     CAP_PERFMON; in a container allow the system call in its seccomp profile; with many shards set \
     `sysctl kernel.perf_event_mlock_kb=2064`, which is what each of them locks"
)]
pub(crate) struct SamplerError(io::Error);

/// Samples of the thread that made it, while it runs.
///
/// The timer is one of the kernel and counts the CPU time of the thread: a thread that sleeps costs
/// nothing and shows nothing.
pub(crate) struct Sampler(perf_event::Sampler);

/// A thread at one moment of its running.
#[derive(Clone, Debug)]
pub(crate) struct StackSample {
    /// Whether the thread was in a system call; the rest tells from where.
    pub(crate) in_kernel: bool,
    /// In the order of the kernel's mask.
    pub(crate) registers: Vec<u64>,
    /// The memory from the stack pointer on.
    pub(crate) stack: Vec<u8>,
}

impl Sampler {
    /// Samples the calling thread from now on.
    ///
    /// # Errors
    /// [`SamplerError`] if the kernel does not allow it.
    pub(crate) fn of_this_thread(hz: u32) -> Result<Self, SamplerError> {
        // Who may not see the kernel's part sees the rest.
        let ring = open(hz, true).or_else(|_| open(hz, false));
        ring.map(Self).map_err(SamplerError)
    }

    /// Forgets what was sampled so far.
    pub(crate) fn discard(&mut self) {
        while self.0.next_record().is_some() {}
    }

    /// Takes what was sampled since the last call.
    pub(crate) fn take(&mut self) -> Vec<StackSample> {
        let mut samples = Vec::new();
        while let Some(record) = self.0.next_record() {
            let in_kernel = record.misc() & CPU_MODE == IN_KERNEL;
            if let Ok(Parsed::Sample(sample)) = record.parse_record()
                && let Some(registers) = sample.regs_user()
            {
                samples.push(StackSample {
                    in_kernel,
                    registers: registers.regs.to_vec(),
                    stack: sample.stack_user().unwrap_or_default().to_vec(),
                });
            }
        }
        samples
    }
}

/// The bits of a record that say where the thread was, and the value for the kernel (perf_event.h).
const CPU_MODE: u16 = 7;
const IN_KERNEL: u16 = 1;

fn open(hz: u32, with_kernel: bool) -> io::Result<perf_event::Sampler> {
    let mut builder = Builder::new(Software::CPU_CLOCK);
    builder.observe_self().any_cpu();
    builder.sample(SampleFlag::REGS_USER | SampleFlag::STACK_USER);
    builder.sample_regs_user(REGISTERS);
    builder.sample_stack_user(STACK_BYTES);
    builder.sample_period(1_000_000_000 / u64::from(hz.max(1)));
    // Nobody waits for samples: the ring is never to wake anyone.
    builder.wakeup_watermark(RING_BYTES);
    builder.exclude_kernel(!with_kernel);
    let mut ring = builder.build()?.sampled(RING_BYTES)?;
    ring.enable()?;
    Ok(ring)
}

impl std::fmt::Debug for Sampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sampler(..)")
    }
}
