//! What a command leaves running when it is ended from outside: itself, and all that it has started.
//!
//! A command without a terminal leads a process group, which most of what it starts stays in. With a terminal it
//! stays in the group of its run, so that it can read what is typed; whoever called the run may be in that one, too.
//! On Linux everything is found by its environment as well, which names the folder of the run and is handed down from
//! process to process, whatever group or session they move to.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, kill_process, kill_process_group, test_kill_process, test_kill_process_group,
};
use serde::{Deserialize, Serialize};

/// How long processes get to end by themselves.
const GRACE: Duration = Duration::from_secs(2);

/// How long to wait before looking again whether any is there.
const PAUSE: Duration = Duration::from_millis(20);

/// A command that was started.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Started {
    /// Its process.
    pub(super) pid: i32,
    /// Whether it leads a process group of its own.
    pub(super) leads_group: bool,
}

/// Asks a command and what it has started to end, and kills what does not. `folder` is that of the run; a run that was
/// killed may not have come to tell its command.
pub(super) fn end(command: Option<&Started>, folder: &Path) {
    let begun = Instant::now();
    let mut asked = BTreeSet::new();
    let mut unasked = command;
    while !command.is_none_or(is_gone) || !marked(folder).is_empty() {
        if begun.elapsed() >= GRACE {
            signal(command, &marked(folder), Signal::KILL);
            return;
        }
        // Those that were started meanwhile have not been asked yet.
        let new: BTreeSet<i32> = marked(folder).difference(&asked).copied().collect();
        signal(unasked.take(), &new, Signal::TERM);
        asked.extend(command.map(|command| command.pid));
        asked.extend(new);
        thread::sleep(PAUSE);
    }
}

fn is_gone(command: &Started) -> bool {
    Pid::from_raw(command.pid).is_none_or(|pid| match command.leads_group {
        true => test_kill_process_group(pid).is_err(),
        false => test_kill_process(pid).is_err(),
    })
}

/// Signals the command, if there is one, once each of its group, and those others that are not in it.
fn signal(command: Option<&Started>, others: &BTreeSet<i32>, signal: Signal) {
    let known = command.and_then(|command| Some((command, Pid::from_raw(command.pid)?)));
    let Some((command, pid)) = known else {
        return signal_each(others, signal);
    };
    // Those that have ended need no signal.
    let _ = match command.leads_group {
        true => kill_process_group(pid, signal),
        false => kill_process(pid, signal),
    };
    let outside = |other: &i32| {
        let other = Pid::from_raw(*other);
        let group = other.and_then(|other| rustix::process::getpgid(Some(other)).ok());
        other != Some(pid) && !(command.leads_group && group == Some(pid))
    };
    let outside = others.iter().copied().filter(outside).collect();
    signal_each(&outside, signal);
}

fn signal_each(processes: &BTreeSet<i32>, signal: Signal) {
    for pid in processes.iter().copied().filter_map(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// The processes whose environment names the folder of a run. Those of others cannot be looked at, and one that has
/// ended and that nobody asked for its status has none.
#[cfg(target_os = "linux")]
fn marked(folder: &Path) -> BTreeSet<i32> {
    use std::fs;

    let name = folder.as_os_str().as_encoded_bytes();
    let is_marked = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut places = environment.windows(name.len());
        places.any(|place| place == name)
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    pids.filter(is_marked).collect()
}

#[cfg(not(target_os = "linux"))]
fn marked(_folder: &Path) -> BTreeSet<i32> {
    BTreeSet::new()
}
