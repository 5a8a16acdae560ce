//! Whether the editor that started the server still lives.
//!
//! An editor that dies usually closes our standard input, and that ends the server. It does not where another process
//! inherited the pipe, so the process that `initialize` names is watched as well.

#[cfg(windows)]
use crate::windows::Process;

/// Calls `gone` once when process `pid` has ended. A process that cannot be seen from the start is not watched: the
/// editor may live outside of our container.
pub(super) fn watch(pid: u32, gone: impl FnOnce() + Send + 'static) {
    let Some(process) = Process::find(pid) else {
        tracing::warn!(
            pid,
            "the editor's process cannot be seen and is not watched"
        );
        return;
    };
    let thread = std::thread::Builder::new()
        .name("editor".to_owned())
        .stack_size(128 << 10);
    let spawned = thread.spawn(move || {
        process.wait();
        gone();
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "the editor's process is not watched");
    }
}

/// A process, by its number.
#[cfg(unix)]
#[derive(Clone, Copy)]
struct Process(rustix::process::Pid);

#[cfg(unix)]
impl Process {
    fn find(pid: u32) -> Option<Process> {
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
        Some(Process(pid)).filter(|process| process.is_alive())
    }

    /// Until it has ended.
    fn wait(self) {
        /// How often a system without a way to wait is asked.
        const INTERVAL: std::time::Duration = std::time::Duration::from_secs(5);

        #[cfg(target_os = "linux")]
        self.wait_asleep();
        while self.is_alive() {
            std::thread::sleep(INTERVAL);
        }
    }

    /// Waits without waking up until the process ends, where the kernel offers that.
    #[cfg(target_os = "linux")]
    fn wait_asleep(self) {
        use rustix::event::{PollFd, PollFlags, poll};
        use rustix::process::{PidfdFlags, pidfd_open};

        let Ok(process) = pidfd_open(self.0, PidfdFlags::empty()) else {
            return;
        };
        while let Err(rustix::io::Errno::INTR) =
            poll(&mut [PollFd::new(&process, PollFlags::IN)], None)
        {}
    }

    fn is_alive(self) -> bool {
        // Only "no such process" means gone: a process of another user answers "not permitted".
        rustix::process::test_kill_process(self.0) != Err(rustix::io::Errno::SRCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn the_end_of_a_process_is_noticed() {
        // Both live until their input is closed.
        let mut editor = match cfg!(windows) {
            true => Command::new("cmd"),
            false => Command::new("cat"),
        };
        let mut editor = editor
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
