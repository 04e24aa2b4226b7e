//! From a copied stack to the addresses of its functions.

use std::fs::{self, File};
use std::ops::Range;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use framehop::{ExplicitModuleSectionInfo, FrameAddress, Module, Unwinder as _};
use object::elf::PF_X;
use object::read::{ReadCache, ReadRef};
use object::{Object, ObjectSection, ObjectSegment, SegmentFlags};

#[cfg(target_arch = "aarch64")]
use framehop::aarch64::{CacheAarch64 as Cache, UnwindRegsAarch64, UnwinderAarch64 as Unwinder};
#[cfg(target_arch = "x86_64")]
use framehop::x86_64::{CacheX86_64 as Cache, UnwindRegsX86_64, UnwinderX86_64 as Unwinder};

use super::StackSample;

/// More functions than a real stack has: what is deeper is a loop in damaged data.
const DEPTH_MAX: usize = 512;

/// What unwinding needs of the program and its libraries.
pub(super) struct Unwind {
    unwinder: Unwinder<Vec<u8>>,
    cache: Cache,
}

/// The functions of a sample, the outermost last.
pub(super) struct Stack {
    /// Addresses within each function's call; of the innermost, where it was.
    pub(super) addresses: Vec<u64>,
    /// The outermost ones are missing: the copy of the stack ends before them.
    pub(super) is_cut: bool,
}

static THIS_PROCESS: LazyLock<Mutex<Unwind>> = LazyLock::new(|| Mutex::new(Unwind::read()));

impl Unwind {
    /// The unwind tables of this process: those of its file and of its libraries. Read by the first
    /// call, and kept: some megabytes.
    pub(super) fn of_this_process() -> MutexGuard<'static, Self> {
        // Whoever panicked with it has at most filled its cache.
        THIS_PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read() -> Self {
        let mut unwinder = Unwinder::new();
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        for mapping in maps.lines().filter_map(Mapping::parse) {
            if let Some(module) = module(&mapping) {
                unwinder.add_module(module);
            }
        }
        Self {
            unwinder,
            cache: Cache::new(),
        }
    }

    pub(super) fn unwind(&mut self, sample: &StackSample) -> Stack {
        let Some((ip, sp, registers)) = registers(&sample.registers) else {
            return Stack {
                addresses: Vec::new(),
                is_cut: true,
            };
        };
        let mut read = |address: u64| read_u64(&sample.stack, address.checked_sub(sp).ok_or(())?);
        let mut frames = self
            .unwinder
            .iter_frames(ip, registers, &mut self.cache, &mut read);
        let mut addresses = Vec::new();
        loop {
            match frames.next() {
                Ok(Some(frame)) if addresses.len() < DEPTH_MAX => addresses.push(lookup(frame)),
                ended => {
                    return Stack {
                        addresses,
                        is_cut: ended.is_err(),
                    };
                }
            }
        }
    }
}

/// An address to look up as a return address: one behind the instruction that was running.
fn lookup(frame: FrameAddress) -> u64 {
    match frame {
        FrameAddress::InstructionPointer(address) => address + 1,
        FrameAddress::ReturnAddress(address) => address.get(),
    }
}

fn read_u64(stack: &[u8], offset: u64) -> Result<u64, ()> {
    let offset = usize::try_from(offset).map_err(drop)?;
    let bytes = stack.get(offset..).and_then(<[u8]>::first_chunk);
    bytes.map(|bytes| u64::from_ne_bytes(*bytes)).ok_or(())
}

/// Instruction pointer, stack pointer, and what framehop makes of the sampled registers.
#[cfg(target_arch = "x86_64")]
fn registers(sampled: &[u64]) -> Option<(u64, u64, UnwindRegsX86_64)> {
    let [bp, sp, ip] = *sampled else { return None };
    Some((ip, sp, UnwindRegsX86_64::new(ip, sp, bp)))
}

#[cfg(target_arch = "aarch64")]
fn registers(sampled: &[u64]) -> Option<(u64, u64, UnwindRegsAarch64)> {
    let [fp, lr, sp, ip] = *sampled else {
        return None;
    };
    Some((ip, sp, UnwindRegsAarch64::new(lr, sp, fp)))
}

/// A line of `/proc/self/maps` with code of a file.
struct Mapping<'a> {
    addresses: Range<u64>,
    file_offset: u64,
    path: &'a str,
}

impl<'a> Mapping<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (first, end) = words.next()?.split_once('-')?;
        let executable = words.next()?.contains('x');
        let file_offset = hex(words.next()?)?;
        let path = words.nth(2)?;
        (executable && path.starts_with('/')).then_some(Self {
            addresses: hex(first)?..hex(end)?,
            file_offset,
            path,
        })
    }
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

/// The unwind tables of one file. None if it is not to be read, as of one that was replaced.
fn module(mapping: &Mapping<'_>) -> Option<Module<Vec<u8>>> {
    // Not the whole file, most of which is debug information: what is asked for.
    let bytes = ReadCache::new(File::open(mapping.path).ok()?);
    let file = object::File::parse(&bytes).ok()?;
    let base = mapping
        .addresses
        .start
        .checked_sub(code_address(&file, mapping)?)?;
    let range = |name: &str| {
        let section = file.section_by_name(name)?;
        Some(section.address()..section.address() + section.size())
    };
    let data = |name: &str| Some(file.section_by_name(name)?.data().ok()?.to_vec());
    let sections = ExplicitModuleSectionInfo {
        got_svma: range(".got"),
        eh_frame_svma: range(".eh_frame"),
        eh_frame: data(".eh_frame"),
        eh_frame_hdr_svma: range(".eh_frame_hdr"),
        eh_frame_hdr: data(".eh_frame_hdr"),
        ..Default::default()
    };
    let (name, addresses) = (mapping.path.to_owned(), mapping.addresses.clone());
    Some(Module::new(name, addresses, base, sections))
}

/// Where the file itself wants the first byte of a mapping to be.
fn code_address<'d>(
    file: &object::File<'d, impl ReadRef<'d>>,
    mapping: &Mapping<'_>,
) -> Option<u64> {
    let code = file.segments().find(|segment| {
        let (offset, size) = segment.file_range();
        let flags = segment.flags();
        let executable =
            matches!(flags, SegmentFlags::Elf { p_flags, .. } if p_flags.0 & PF_X.0 != 0);
        executable && (page(offset)..offset + size).contains(&mapping.file_offset)
    })?;
    let (offset, _) = code.file_range();
    (code.address() + mapping.file_offset).checked_sub(offset)
}

/// Mappings begin at pages.
const fn page(offset: u64) -> u64 {
    offset & !0xfff
}
