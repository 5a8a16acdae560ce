//! What training may take: the time of one processor, and no battery.

use std::time::Duration;

/// Time that this thread has taken of a processor. Where the system does not say, the time that passed is what counts.
#[cfg(unix)]
pub(in crate::adapt) fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}

/// The same on Windows.
#[cfg(windows)]
pub(in crate::adapt) fn thread_time() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    crate::windows::thread_time().unwrap_or_else(|| START.elapsed())
}

/// Lets memory go back to the system as soon as it is freed, in blocks of this many bytes or more. The C library of Linux would keep blocks
/// of up to 32 MB, and with them whatever lies around them: some fifty megabytes of a training that has ended.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_BLOCK: libc::c_int = 1 << 20;

/// What a training asks for goes back to the system when this is dropped, to be made before and dropped after everything else.
#[derive(Debug)]
pub(in crate::adapt) struct Memory(());

/// Other systems' libraries do that by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
impl Memory {
    pub(in crate::adapt) fn new() -> Memory {
        Memory(())
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl Memory {
    #[allow(unsafe_code)]
    pub(in crate::adapt) fn new() -> Memory {
        // SAFETY: it sets a number under the allocator's own lock, and may be called at any time from any thread.
        unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_BLOCK) };
        Memory(())
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl Drop for Memory {
    /// Large blocks are gone; what is free between smaller ones is not.
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: it takes its own locks, touches nothing but free blocks, and may be called at any time from any thread.
        unsafe { libc::malloc_trim(0) };
    }
}

/// Whether the machine runs on a battery. Where that cannot be told, it does not.
pub(in crate::adapt) fn on_battery() -> bool {
    #[cfg(target_os = "linux")]
    return supplies(std::path::Path::new("/sys/class/power_supply"));
    #[cfg(windows)]
    return crate::windows::on_battery();
    #[cfg(not(any(target_os = "linux", windows)))]
    return false;
}

/// Whether, of these supplies, no mains is on line and some battery is being emptied. Batteries of mice and the like
/// (`scope` says `Device`) do not count.
#[cfg(target_os = "linux")]
fn supplies(folder: &std::path::Path) -> bool {
    let mut is_emptied = false;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let says = |name: &str, what: &str| {
            std::fs::read_to_string(entry.path().join(name)).is_ok_and(|text| text.trim() == what)
        };
        if says("scope", "Device") {
            continue;
        }
        if !says("type", "Battery") && says("online", "1") {
            return false;
        }
        is_emptied |= says("type", "Battery") && says("status", "Discharging");
    }
    is_emptied
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_laptop_without_its_cable_runs_on_its_battery() {
        let folder = tempfile::tempdir().unwrap();
        let put = |supply: &str, facts: &[(&str, &str)]| {
            let supply = folder.path().join(supply);
            fs::create_dir_all(&supply).unwrap();
            for (name, text) in facts {
                fs::write(supply.join(name), format!("{text}\n")).unwrap();
            }
        };
        assert!(!supplies(folder.path()) && !supplies("/no/such/folder".as_ref()));
        put(
            "mouse",
            &[
                ("type", "Battery"),
                ("status", "Discharging"),
                ("scope", "Device"),
            ],
        );
        assert!(!supplies(folder.path()));
        put("BAT0", &[("type", "Battery"), ("status", "Discharging")]);
        put("AC", &[("type", "Mains"), ("online", "0")]);
        assert!(supplies(folder.path()));
        put("AC", &[("online", "1")]);
        assert!(!supplies(folder.path()));
    }

    #[test]
    fn time_passes_while_something_is_computed() {
        let before = thread_time();
        let mut sum = 0u64;
        while thread_time() == before {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(thread_time() > before);
    }
}
