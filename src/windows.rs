//! What only Windows can be asked for: processor time, the battery, priorities, the end of a process.
//!
//! The one place that calls its functions; other systems are asked through `rustix`, which needs no unsafe code of ours.

#![allow(unsafe_code)] // each call says why it is sound

use std::mem::MaybeUninit;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::time::Duration;
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Power::{GetSystemPowerStatus, SYSTEM_POWER_STATUS};
use windows_sys::Win32::System::Threading::{
    GetCurrentThread, GetThreadTimes, INFINITE, OpenProcess, PROCESS_SYNCHRONIZE,
    SetThreadPriority, THREAD_PRIORITY_LOWEST, WaitForSingleObject,
};

/// `ACLineStatus` of a machine that is not plugged in.
const UNPLUGGED: u8 = 0;

/// Bit of `BatteryFlag`: there is none.
const NO_BATTERY: u8 = 128;

/// Processor time of the calling thread, in the system's steps of some milliseconds.
pub(crate) fn thread_time() -> Option<Duration> {
    let mut times = [FILETIME::default(); 4]; // created, ended, in the kernel, outside of it
    let [created, ended, kernel, user] = &mut times;
    // SAFETY: the handle stands for the calling thread and needs no closing; the four places are ours and live.
    let is_told = unsafe { GetThreadTimes(GetCurrentThread(), created, ended, kernel, user) } != 0;
    let nanoseconds = |time: FILETIME| {
        let hundreds = u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
        Duration::from_nanos(100 * hundreds)
    };
    is_told.then(|| nanoseconds(times[2]) + nanoseconds(times[3]))
}

/// Whether the machine runs on a battery. Where that cannot be told, it does not.
pub(crate) fn on_battery() -> bool {
    let mut status = MaybeUninit::<SYSTEM_POWER_STATUS>::zeroed();
    // SAFETY: it writes to a place that is ours and live.
    let is_told = unsafe { GetSystemPowerStatus(status.as_mut_ptr()) } != 0;
    // SAFETY: bytes and numbers, of which all zeros are a value.
    let status = unsafe { status.assume_init() };
    is_told && status.ACLineStatus == UNPLUGGED && status.BatteryFlag & NO_BATTERY == 0
}

/// Lets all other threads go before the calling one. Whether the system does so.
pub(crate) fn step_back() -> bool {
    // SAFETY: the handle stands for the calling thread and needs no closing; nothing else is passed.
    unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST) != 0 }
}

/// A process, by a handle: another one that gets its number later is not mistaken for it.
#[derive(Debug)]
pub(crate) struct Process(OwnedHandle);

impl Process {
    /// Nothing where there is none with that number, or it may not be waited for.
    pub(crate) fn find(pid: u32) -> Option<Process> {
        // SAFETY: numbers in, a handle or null out.
        let handle = unsafe { OpenProcess(PROCESS_SYNCHRONIZE, 0, pid) };
        // SAFETY: a handle that was just opened, which nobody else owns.
        (!handle.is_null()).then(|| Process(unsafe { OwnedHandle::from_raw_handle(handle) }))
    }

    /// Until it has ended.
    pub(crate) fn wait(self) {
        // SAFETY: the handle is open as long as `self` is there. Whatever it answers, there is nothing more to wait for.
        unsafe { WaitForSingleObject(self.0.as_raw_handle(), INFINITE) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_answers() {
        assert!(step_back());
        let before = thread_time().expect("told");
        let mut sum = 0u64;
        while thread_time() == Some(before) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(thread_time() > Some(before));
        on_battery(); // Whatever it says.
    }
}
