//! From addresses to names to a picture.

use std::collections::{BTreeMap, HashMap};
use std::ffi::c_void;
use std::io;

use inferno::flamegraph::{self, Options};

use super::StackSample;
use super::unwind::Unwind;

/// What stands for the functions that a copied stack does not reach.
const CUT: &str = "[deeper]";
/// What stands for the time in system calls.
const KERNEL: &str = "[kernel]";

/// Stacks with how often each was sampled.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    /// By their functions, the outermost first, as `outer;inner`.
    stacks: BTreeMap<String, u64>,
    samples: u64,
}

impl Profile {
    /// Names the functions of samples of this process.
    ///
    /// The first call in a process reads its unwind tables and debug information.
    pub(crate) fn add(&mut self, samples: &[StackSample]) {
        let (mut unwind, mut names) = (Unwind::of_this_process(), Names::default());
        for sample in samples {
            let stack = unwind.unwind(sample);
            let mut functions = Vec::new();
            functions.extend(sample.in_kernel.then(|| KERNEL.to_owned()));
            for address in stack.addresses {
                functions.extend_from_slice(names.of(address));
            }
            functions.extend(stack.is_cut.then(|| CUT.to_owned()));
            functions.reverse();
            *self.stacks.entry(functions.join(";")).or_default() += 1;
            self.samples += 1;
        }
    }

    /// How many samples there are.
    pub(crate) const fn samples(&self) -> u64 {
        self.samples
    }

    /// The stacks as text, one a line, for other tools: `outer;inner count`.
    pub(crate) fn to_text(&self) -> String {
        let lines = self.stacks.iter();
        lines
            .map(|(stack, count)| format!("{stack} {count}\n"))
            .collect()
    }

    /// Writes a flame graph.
    ///
    /// # Errors
    /// If there is no sample, or `out` does not take it.
    pub(crate) fn write_svg(&self, title: &str, out: impl io::Write) -> io::Result<()> {
        let mut options = Options::default();
        options.title = title.to_owned();
        options.count_name = "samples".to_owned();
        // The same samples give the same bytes.
        options.deterministic = true;
        let text = self.to_text();
        flamegraph::from_lines(&mut options, text.lines(), out)
    }
}

/// The functions at addresses: several where some were inlined, the innermost first.
#[derive(Default)]
struct Names(HashMap<u64, Vec<String>>);

impl Names {
    fn of(&mut self, address: u64) -> &[String] {
        self.0.entry(address).or_insert_with(|| resolve(address))
    }
}

fn resolve(address: u64) -> Vec<String> {
    let mut names = Vec::new();
    backtrace::resolve(address as *mut c_void, |symbol| {
        names.extend(symbol.name().map(|name| plain(&format!("{name:#}"))));
    });
    if names.is_empty() {
        names.push("[unknown]".to_owned());
    }
    names
}

/// A semicolon parts functions.
fn plain(name: &str) -> String {
    name.replace(';', ":")
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::profile::Sampler;

    #[inline(never)]
    fn burn_in_a_known_place(time: Duration) -> u64 {
        let (start, mut sum) = (Instant::now(), 0);
        while start.elapsed() < time {
            sum = black_box(sum + 1);
        }
        sum
    }

    #[inline(never)]
    fn the_caller() -> u64 {
        burn_in_a_known_place(Duration::from_millis(200)) + 1
    }

    #[test]
    fn the_function_that_burns_is_named_with_its_caller() {
        let mut sampler = match Sampler::of_this_thread(500) {
            Ok(sampler) => sampler,
            // This machine does not allow it, and is told how it would.
            Err(refused) => {
                return assert!(refused.to_string().contains("kernel.perf_event_paranoid"));
            }
        };
        burn_in_a_known_place(Duration::from_millis(20));
        sampler.discard();
        black_box(the_caller());
        let mut profile = Profile::default();
        let samples = sampler.take();
        assert!(!samples.is_empty());
        profile.add(&samples);
        let text = profile.to_text();
        let lines: Vec<_> = text.lines().collect();
        let in_order = |line: &&&str| {
            let caller = line.find("the_caller");
            caller.is_some_and(|at| line[at..].contains("burn_in_a_known_place"))
        };
        let counts = lines.iter().filter(in_order).map(|line| {
            let (_, count) = line.rsplit_once(' ').unwrap();
            count.parse::<u64>().unwrap()
        });
        let known: u64 = counts.sum();
        assert!(known * 10 >= profile.samples() * 8, "{text}");
        let mut svg = Vec::new();
        profile.write_svg("a test", &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert!(svg.contains("burn_in_a_known_place") && svg.contains("a test"));
    }
}
