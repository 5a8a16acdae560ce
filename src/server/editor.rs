//! Whether the editor that started the server still lives.
//!
//! An editor that dies usually closes our standard input, and that ends the server. It does not where another process
//! inherited the pipe, so the process that `initialize` names is watched as well.

use std::time::Duration;

/// How often a platform without a way to wait is asked.
const INTERVAL: Duration = Duration::from_secs(5);

/// Calls `gone` once when process `pid` has ended. A process that cannot be seen from the start is not watched: the
/// editor may live outside of our container.
pub(super) fn watch(pid: u32, gone: impl FnOnce() + Send + 'static) {
    if !alive(pid) {
        tracing::warn!(
            pid,
            "the editor's process cannot be seen and is not watched"
        );
        return;
    }
    let thread = std::thread::Builder::new()
        .name("editor".to_owned())
        .stack_size(128 << 10);
    let spawned = thread.spawn(move || {
        wait(pid);
        while alive(pid) {
            std::thread::sleep(INTERVAL);
        }
        gone();
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "the editor's process is not watched");
    }
}

/// Waits without waking up until the process ends, where the kernel offers that.
#[cfg(target_os = "linux")]
fn wait(pid: u32) {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::process::{PidfdFlags, pidfd_open};

    let Some(process) = unix_pid(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
    else {
        return;
    };
    while let Err(rustix::io::Errno::INTR) = poll(&mut [PollFd::new(&process, PollFlags::IN)], None)
    {
    }
}

#[cfg(not(target_os = "linux"))]
fn wait(_pid: u32) {}

#[cfg(unix)]
fn unix_pid(pid: u32) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)
}

#[cfg(unix)]
fn alive(pid: u32) -> bool {
    // Only "no such process" means gone: a process of another user answers "not permitted".
    unix_pid(pid)
        .is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(windows)]
fn alive(pid: u32) -> bool {
    use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
    let wanted = [Pid::from_u32(pid)];
    System::new().refresh_processes_specifics(
        ProcessesToUpdate::Some(&wanted),
        true,
        ProcessRefreshKind::nothing(),
    ) > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};
    use std::sync::mpsc;

    #[test]
    fn the_end_of_a_process_is_noticed() {
        // `cat` lives until its input is closed.
        let mut editor = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, receiver) = mpsc::channel();
        watch(editor.id(), move || sender.send(()).unwrap());
        assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(editor.stdin.take());
        editor.wait().unwrap();
        receiver.recv_timeout(Duration::from_secs(60)).unwrap();
    }

    #[test]
    fn a_process_that_cannot_be_seen_is_not_watched() {
        let (sender, receiver) = mpsc::channel::<()>();
        watch(u32::MAX, move || drop(sender));
        assert_eq!(receiver.recv(), Err(mpsc::RecvError));
    }
}
