//! No way out: a server that could not send away what it reads if it wanted to.
//!
//! On Linux the process gives up, for good and before it starts any thread or reads any document: opening sockets of every kind,
//! starting programs, looking into other processes (seccomp), and writing anywhere but below its own folder (Landlock). Reading is
//! not restricted: which model, settings and folders of notes are read may change at any time, and what is read cannot leave.
//! Where the kernel lacks one of the two, the log says so and the other holds.

use std::path::PathBuf;

/// What was given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confined {
    /// Sockets, other programs and other processes.
    pub calls: bool,
    /// Writing outside of the folder.
    pub writing: bool,
}

/// Confines the calling thread and all that it starts from now on. `folders` are where it may write; they should exist.
pub fn confine(folders: &[PathBuf]) -> Confined {
    let told = |what: &str, result: Result<(), String>| match result {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(error, "{what} is not confined");
            false
        }
    };
    // Landlock's own calls are not among those that seccomp takes away.
    let confined = Confined {
        writing: told("writing", system::restrict_writing(folders)),
        calls: told("the process", system::restrict_calls()),
    };
    tracing::debug!(?confined, ?folders, "confined");
    confined
}

#[cfg(target_os = "linux")]
mod system {
    use landlock::{
        ABI, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    };
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    use std::path::PathBuf;

    /// Sockets, in all their ways to be had or used; programs; other processes; and the ring that would do all of it unseen.
    const REFUSED: [i64; 17] = [
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_sendto,
        libc::SYS_sendmsg,
        libc::SYS_sendmmsg,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_getfd,
        libc::SYS_io_uring_setup,
        libc::SYS_bpf,
    ];

    pub(super) fn restrict_writing(folders: &[PathBuf]) -> Result<(), String> {
        let writing = AccessFs::from_write(ABI::V4);
        let ruleset = || -> Result<_, landlock::RulesetError> {
            Ruleset::default().handle_access(writing)?.create()
        };
        let mut ruleset = ruleset().map_err(|error| error.to_string())?;
        for folder in folders {
            match PathFd::new(folder) {
                Ok(folder) => {
                    ruleset = ruleset
                        .add_rule(PathBeneath::new(folder, writing))
                        .map_err(|error| error.to_string())?;
                }
                Err(error) => tracing::warn!(%error, "nothing can be kept"),
            }
        }
        let status = ruleset.restrict_self().map_err(|error| error.to_string())?;
        match status.ruleset {
            // Older kernels know fewer rights; what they know is taken away.
            RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
            RulesetStatus::NotEnforced => Err("the kernel has no Landlock".to_owned()),
        }
    }

    pub(super) fn restrict_calls() -> Result<(), String> {
        let program = || -> Result<BpfProgram, seccompiler::BackendError> {
            let rules = REFUSED.into_iter().map(|call| (call, Vec::new()));
            let refuse = SeccompAction::Errno(libc::EPERM as u32);
            let machine = std::env::consts::ARCH.try_into()?;
            SeccompFilter::new(rules.collect(), SeccompAction::Allow, refuse, machine)?.try_into()
        };
        let program = program().map_err(|error| error.to_string())?;
        seccompiler::apply_filter(&program).map_err(|error| error.to_string())
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::PathBuf;

    pub(super) fn restrict_writing(_: &[PathBuf]) -> Result<(), String> {
        Err("only Linux has Landlock".to_owned())
    }

    pub(super) fn restrict_calls() -> Result<(), String> {
        Err("only Linux has seccomp".to_owned())
    }
}

#[cfg(test)]
mod tests {
    /// Only the thread that confines itself is confined, so a test can have one.
    #[cfg(target_os = "linux")]
    #[test]
    fn there_is_no_way_out() {
        use super::*;
        use std::fs;
        use std::io::ErrorKind::PermissionDenied;
        use std::net::{TcpStream, UdpSocket};
        use std::os::unix::net::UnixStream;
        use std::path::Path;
        use std::process::Command;

        let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let file = other.path().join("notes.md");
        fs::write(&file, "the user's").unwrap();
        let thread = std::thread::spawn(move || {
            let confined = confine(&[own.path().to_owned()]);
            if confined.calls {
                let denied = |kind| assert_eq!(kind, Some(PermissionDenied));
                denied(TcpStream::connect(address).err().map(|e| e.kind()));
                denied(UdpSocket::bind("127.0.0.1:0").err().map(|e| e.kind()));
                denied(UnixStream::connect("/x").err().map(|e| e.kind()));
                denied(Command::new("/bin/true").status().err().map(|e| e.kind()));
            }
            if confined.writing {
                let denied = |kind| assert_eq!(kind, Some(PermissionDenied));
                denied(fs::write(&file, "").err().map(|e| e.kind()));
                denied(fs::remove_file(&file).err().map(|e| e.kind()));
                let beside = file.with_file_name("new");
                denied(fs::write(&beside, "").err().map(|e| e.kind()));
                denied(fs::create_dir(&beside).err().map(|e| e.kind()));
                let out = own.path().join("a");
                fs::write(&out, "x").expect("its own folder");
                assert!(fs::rename(&out, &beside).is_err());
            }
            // What it needs goes on.
            assert_eq!(fs::read_to_string(&file).unwrap(), "the user's");
            fs::create_dir(own.path().join("b")).expect("its own folder");
            fs::write(own.path().join("b/c"), "x").expect("its own folder");
            fs::rename(own.path().join("b/c"), own.path().join("d")).expect("its own folder");
            std::thread::spawn(|| ()).join().expect("threads");
            confined
        });
        let confined = thread.join().expect("every attempt fails as it should");
        // A kernel may lack either; what it has is used.
        let seccomp = Path::new("/proc/sys/kernel/seccomp").exists();
        assert!(confined.calls || !seccomp);
        let systems = fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
        assert!(confined.writing || !systems.contains("landlock"));
    }
}
