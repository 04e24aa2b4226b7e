//! What would spoil the figures, and what to do about it.

use super::cores::Cores;
use super::facts::Facts;

/// Sleep states that take longer to leave than a tick may be late.
const EXIT_US_MAX: u64 = 50;
/// Others that want the cores while the benchmark begins.
const LOAD_AVERAGE_MAX: f64 = 0.5;
/// Percent of the machine's time.
const STEAL_PERCENT_MAX: f64 = 0.5;

/// What is known once the figures are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    pub(crate) steal_percent: Option<f64>,
    pub(crate) is_debug_build: bool,
    pub(crate) is_realtime: bool,
}

/// Sentences, the worst first.
pub(crate) fn warnings(facts: &Facts, cores: &Cores, course: Course) -> Vec<String> {
    let all = [
        course.is_debug_build.then(debug_build),
        cores.are_shared().then(shared_core),
        sibling(facts, cores),
        facts.is_virtual.then(virtual_machine),
        course.steal_percent.and_then(steal),
        busy(facts),
        clock(facts),
        governor(facts),
        deep_sleep(facts),
        not_isolated(facts, cores),
        course.is_realtime.then(|| throttled(facts)).flatten(),
    ];
    all.into_iter().flatten().collect()
}

fn debug_build() -> String {
    "This is a debug build: build with `cargo build --release`.".to_owned()
}

fn shared_core() -> String {
    "Server and clients share a core, because there is no other: nothing here says how many \
     clients a core carries."
        .to_owned()
}

fn sibling(facts: &Facts, cores: &Cores) -> Option<String> {
    let pairs = cores
        .server
        .iter()
        .flat_map(|shard| cores.load.iter().map(move |load| (*shard, *load)));
    let (shard, load) = pairs
        .into_iter()
        .find(|(a, b)| facts.are_siblings(*a, *b))?;
    Some(format!(
        "Cores {shard} (server) and {load} (clients) are two threads of one physical core and slow \
         each other down: name others with --cpus and --load-cpus."
    ))
}

fn virtual_machine() -> String {
    "This is a virtual machine: its host may stop a core at any time, most of all a busy one. Tail \
     percentiles are the host's as much as the server's; see the busy floor."
        .to_owned()
}

fn steal(percent: f64) -> Option<String> {
    (percent > STEAL_PERCENT_MAX).then(|| {
        format!("The host gave {percent:.1} % of this machine's time to others meanwhile (steal).")
    })
}

fn busy(facts: &Facts) -> Option<String> {
    let load = facts.load_average.filter(|load| *load > LOAD_AVERAGE_MAX)?;
    Some(format!(
        "Others were using this machine when the benchmark began (load average {load:.1}): stop \
         them and run it again."
    ))
}

fn clock(facts: &Facts) -> Option<String> {
    let source = facts.clock_source.as_deref()?;
    (!["tsc", "arch_sys_counter"].contains(&source)).then(|| {
        format!(
            "The clock source is {source}: reading the time is a slow call. `tsc` is the fast one."
        )
    })
}

fn governor(facts: &Facts) -> Option<String> {
    let slow = facts.governors.iter().find(|name| *name != "performance")?;
    Some(format!(
        "The frequency governor is {slow}: cores slow down between ticks. \
         `cpupower frequency-set -g performance`."
    ))
}

fn deep_sleep(facts: &Facts) -> Option<String> {
    let deepest = facts
        .idle_states
        .iter()
        .filter(|state| !state.is_disabled)
        .max_by_key(|state| state.exit_us)?;
    let (name, exit_us) = (&deepest.name, deepest.exit_us);
    (exit_us > EXIT_US_MAX).then(|| {
        format!(
            "Cores sleep as deep as {name}, which takes {exit_us} µs to leave: \
             `cpupower idle-set -D {EXIT_US_MAX}`, or processor.max_cstate=1 at boot."
        )
    })
}

fn not_isolated(facts: &Facts, cores: &Cores) -> Option<String> {
    let shared: Vec<_> = cores
        .server
        .iter()
        .filter(|core| !facts.is_isolated(**core))
        .map(ToString::to_string)
        .collect();
    (!shared.is_empty()).then(|| {
        let list = shared.join(",");
        format!(
            "The server's cores ({list}) are not isolated: other processes run there as they like. \
             isolcpus={list} nohz_full={list} at boot keeps them away."
        )
    })
}

fn throttled(facts: &Facts) -> Option<String> {
    let runtime_us = facts.realtime_runtime_us.filter(|us| *us >= 0)?;
    Some(format!(
        "Real-time threads get {runtime_us} µs of each second at most (kernel.sched_rt_runtime_us): \
         a full core is stopped for the rest."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// A tree of files that looks like a machine; removed with the test.
    struct Fake(PathBuf);

    impl Fake {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("downbeat-{}-{name}", std::process::id()));
            for (path, text) in files {
                let path = root.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, format!("{text}\n")).unwrap();
            }
            Self(root)
        }

        fn facts(&self) -> Facts {
            Facts::read(&self.0)
        }
    }

    impl Drop for Fake {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const CPU: &str = "sys/devices/system/cpu";

    fn check(name: &str, files: &[(&str, &str)], expected: &[&str]) {
        let fake = Fake::new(name, files);
        let cores = Cores {
            server: vec![0],
            load: vec![1],
        };
        let course = Course {
            steal_percent: Some(0.1),
            is_debug_build: false,
            is_realtime: false,
        };
        let found = warnings(&fake.facts(), &cores, course);
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                found.contains(expected),
                "{name}: `{expected}` not in {found}"
            );
        }
    }

    #[test]
    fn a_machine_that_is_well_prepared_has_none() {
        let isolated = format!("{CPU}/isolated");
        let governor = format!("{CPU}/cpu0/cpufreq/scaling_governor");
        check(
            "good",
            &[
                ("proc/cpuinfo", "model name : Fast\nflags : fpu tsc"),
                ("proc/loadavg", "0.01 0.2 0.3 1/99 7"),
                (&isolated, "0-3"),
                (&governor, "performance"),
                (
                    "sys/devices/system/clocksource/clocksource0/current_clocksource",
                    "tsc",
                ),
            ],
            &[],
        );
    }

    #[test]
    fn each_flaw_is_told_with_its_remedy() {
        let state = format!("{CPU}/cpu0/cpuidle/state3");
        let file = |name: &str| format!("{state}/{name}");
        check(
            "bad",
            &[
                ("proc/cpuinfo", "flags : fpu hypervisor"),
                ("proc/loadavg", "3.50 0.2 0.3 1/99 7"),
                (&format!("{CPU}/cpu0/cpufreq/scaling_governor"), "powersave"),
                (&format!("{CPU}/cpu0/topology/thread_siblings_list"), "0-1"),
                (&file("name"), "C6"),
                (&file("latency"), "133"),
                (&file("disable"), "0"),
                (
                    "sys/devices/system/clocksource/clocksource0/current_clocksource",
                    "hpet",
                ),
            ],
            &[
                "two threads of one physical core",
                "virtual machine",
                "load average 3.5",
                "hpet",
                "powersave",
                "C6, which takes 133",
                "isolcpus=0",
            ],
        );
    }

    #[test]
    fn facts_are_read_as_the_kernel_writes_them() {
        let fake = Fake::new(
            "facts",
            &[
                (
                    "proc/cpuinfo",
                    "model name\t: AMD EPYC\nflags\t\t: fpu hypervisor tsc",
                ),
                ("proc/cmdline", "quiet mitigations=off nohz_full=2-3"),
                ("proc/meminfo", "MemTotal:       2048000 kB"),
                (
                    &format!("{CPU}/vulnerabilities/spectre_v2"),
                    "Mitigation: Retpolines",
                ),
                (&format!("{CPU}/vulnerabilities/srso"), "Vulnerable"),
                (&format!("{CPU}/vulnerabilities/mds"), "Not affected"),
                (
                    "sys/kernel/mm/transparent_hugepage/enabled",
                    "always [madvise] never",
                ),
            ],
        );
        let facts = fake.facts();
        assert_eq!(facts.cpu.as_deref(), Some("AMD EPYC"));
        assert!(facts.is_virtual);
        assert_eq!(facts.mitigations.as_deref(), Some("off"));
        assert_eq!(facts.nohz_full.as_deref(), Some("2-3"));
        assert_eq!(facts.mitigated, ["spectre_v2"]);
        assert_eq!(facts.vulnerable, ["srso"]);
        assert_eq!(facts.memory_mib, Some(2_000));
        assert_eq!(facts.huge_pages.as_deref(), Some("madvise"));
        assert_eq!(Facts::read(Path::new("/no-such-place")), Facts::default());
    }

    #[test]
    fn the_course_of_the_run_has_warnings_of_its_own() {
        let cores = Cores {
            server: vec![0],
            load: vec![0],
        };
        let facts = Facts {
            isolated: Some("0".into()),
            realtime_runtime_us: Some(950_000),
            ..Facts::default()
        };
        let course = Course {
            steal_percent: Some(3.0),
            is_debug_build: true,
            is_realtime: true,
        };
        let found = warnings(&facts, &cores, course);
        for (found, expected) in
            found
                .iter()
                .zip(["debug build", "share a core", "3.0 %", "950000"])
        {
            assert!(found.contains(expected), "`{expected}` not in {found}");
        }
        assert_eq!(found.len(), 4);
    }
}
