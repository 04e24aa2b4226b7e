//! The machine as its kernel describes it: what must stand beside every figure.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::load::cpu_model;

/// What could be read; `None` where the kernel does not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Facts {
    pub(crate) cpu: Option<String>,
    pub(crate) cores_online: Option<String>,
    pub(crate) kernel: Option<String>,
    pub(crate) governors: BTreeSet<String>,
    /// Cores that the scheduler leaves alone.
    pub(crate) isolated: Option<String>,
    pub(crate) nohz_full: Option<String>,
    /// As the kernel was told; without, it takes its defaults.
    pub(crate) mitigations: Option<String>,
    /// Faults of the processor that the kernel works around, or does not.
    pub(crate) mitigated: Vec<String>,
    pub(crate) vulnerable: Vec<String>,
    pub(crate) clock_source: Option<String>,
    pub(crate) idle_driver: Option<String>,
    /// Of the first core: names, and how long each takes to leave, µs.
    pub(crate) idle_states: Vec<IdleState>,
    /// Threads that share a physical core.
    pub(crate) siblings: Vec<Vec<usize>>,
    pub(crate) is_virtual: bool,
    pub(crate) huge_pages: Option<String>,
    /// Processes that wanted a core over the last minute, before the benchmark began.
    pub(crate) load_average: Option<f64>,
    pub(crate) memory_mib: Option<u64>,
    /// Of each second, real-time threads get so many µs at most; -1 is all of it.
    pub(crate) realtime_runtime_us: Option<i64>,
}

/// A sleep that a core falls into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct IdleState {
    pub(crate) name: String,
    pub(crate) exit_us: u64,
    pub(crate) is_disabled: bool,
}

impl Facts {
    /// Reads what is below `root`: `/`, or a tree that looks like it.
    pub(crate) fn read(root: &Path) -> Self {
        let tree = Tree { root };
        let cpuinfo = tree.text("proc/cpuinfo").unwrap_or_default();
        let cmdline = tree.text("proc/cmdline").unwrap_or_default();
        let (mitigated, vulnerable) = tree.vulnerabilities();
        Self {
            cpu: cpu_model(&cpuinfo).map(str::to_owned),
            cores_online: tree.text("sys/devices/system/cpu/online"),
            kernel: tree.text("proc/sys/kernel/osrelease"),
            governors: tree.of_each_core("cpufreq/scaling_governor"),
            isolated: tree.text("sys/devices/system/cpu/isolated"),
            nohz_full: word(&cmdline, "nohz_full="),
            mitigations: word(&cmdline, "mitigations="),
            mitigated,
            vulnerable,
            clock_source: tree
                .text("sys/devices/system/clocksource/clocksource0/current_clocksource"),
            idle_driver: tree.text("sys/devices/system/cpu/cpuidle/current_driver"),
            idle_states: tree.idle_states(),
            siblings: tree.siblings(),
            is_virtual: is_virtual(&cpuinfo) || tree.root.join("sys/hypervisor/type").exists(),
            huge_pages: tree
                .text("sys/kernel/mm/transparent_hugepage/enabled")
                .and_then(|modes| bracketed(&modes)),
            load_average: tree
                .text("proc/loadavg")
                .and_then(|text| text.split(' ').next()?.parse().ok()),
            memory_mib: tree
                .text("proc/meminfo")
                .and_then(|text| word(&text, "MemTotal:")?.parse::<u64>().ok())
                .map(|kib| kib / 1_024),
            realtime_runtime_us: tree
                .text("proc/sys/kernel/sched_rt_runtime_us")
                .and_then(|text| text.parse().ok()),
        }
    }

    pub(crate) fn are_siblings(&self, a: usize, b: usize) -> bool {
        let both = |cores: &&Vec<usize>| cores.contains(&a) && cores.contains(&b);
        a != b && self.siblings.iter().any(|cores| both(&cores))
    }

    /// Whether the scheduler leaves `core` alone.
    pub(crate) fn is_isolated(&self, core: usize) -> bool {
        let listed = self.isolated.as_deref().map(list).unwrap_or_default();
        listed.contains(&core)
    }
}

/// Files of the kernel, trimmed; one that is missing or empty says nothing.
#[derive(Clone, Copy, Debug)]
struct Tree<'a> {
    root: &'a Path,
}

impl Tree<'_> {
    fn text(self, path: &str) -> Option<String> {
        let text = fs::read_to_string(self.root.join(path)).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn names(self, path: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join(path)) else {
            return Vec::new();
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn cores(self) -> impl Iterator<Item = String> {
        let names = self.names("sys/devices/system/cpu").into_iter();
        names.filter(|name| {
            let number = name.strip_prefix("cpu");
            number.is_some_and(|number| number.parse::<usize>().is_ok())
        })
    }

    fn of_each_core(self, file: &str) -> BTreeSet<String> {
        let cores = self.cores();
        let texts = cores.filter_map(|core| {
            let path = format!("sys/devices/system/cpu/{core}/{file}");
            self.text(&path)
        });
        texts.collect()
    }

    fn siblings(self) -> Vec<Vec<usize>> {
        let lists = self.of_each_core("topology/thread_siblings_list");
        let lists = lists.iter().map(|text| list(text));
        lists.filter(|cores| cores.len() > 1).collect()
    }

    fn idle_states(self) -> Vec<IdleState> {
        let folder = "sys/devices/system/cpu/cpu0/cpuidle";
        let states = self.names(folder).into_iter().filter_map(|state| {
            let file = |name: &str| self.text(&format!("{folder}/{state}/{name}"));
            Some(IdleState {
                name: file("name")?,
                exit_us: file("latency")?.parse().ok()?,
                is_disabled: file("disable").is_some_and(|text| text != "0"),
            })
        });
        states.collect()
    }

    /// Those that are worked around, and those that are open.
    fn vulnerabilities(self) -> (Vec<String>, Vec<String>) {
        let folder = "sys/devices/system/cpu/vulnerabilities";
        let (mut mitigated, mut open) = (Vec::new(), Vec::new());
        for name in self.names(folder) {
            let text = self.text(&format!("{folder}/{name}")).unwrap_or_default();
            if text.starts_with("Mitigation") {
                mitigated.push(name);
            } else if text.starts_with("Vulnerable") {
                open.push(name);
            }
        }
        (mitigated, open)
    }
}

fn is_virtual(cpuinfo: &str) -> bool {
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags"));
    flags.is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor"))
}

/// What follows `key` up to the next space.
fn word(text: &str, key: &str) -> Option<String> {
    let rest = &text[text.find(key)? + key.len()..];
    rest.split_whitespace().next().map(str::to_owned)
}

/// Of `always [madvise] never` what is chosen.
fn bracketed(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

/// `0,2-4` as numbers.
fn list(text: &str) -> Vec<usize> {
    match crate::parse_cpu_list(text) {
        Ok(crate::CpuChoice::List(cores)) => cores,
        _ => Vec::new(),
    }
}
