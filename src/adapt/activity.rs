//! Whether somebody types, in this editor or in another one of the same user.
//!
//! Keystrokes here are counted in memory. Other programs are told by the time stamp of an empty file in the folder that they share,
//! renewed every few seconds at most while somebody types and never else; only one that trains looks at it.

use super::files;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Nothing is trained until so long after the last key.
pub(super) const QUIET: Duration = Duration::from_secs(3);

/// Others are told at most so often. Shorter than [`QUIET`], so that who types on is never thought to have stopped.
const TELL: Duration = Duration::from_secs(2);

const MARK: &str = "typing";

/// Counts keystrokes, for somebody on another thread who only wants to know whether there are any.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity(Arc<AtomicU64>);

impl Activity {
    /// Somebody types.
    pub(super) fn typed(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// When others are to be told of a keystroke.
#[derive(Debug, Default)]
pub(super) struct Telling(Option<Instant>);

impl Telling {
    /// Whether now, at a keystroke.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.0.is_none_or(|last| now.duration_since(last) >= TELL);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

/// Tells all who share a folder that somebody types.
pub(super) fn tell(folder: &Path) {
    if let Err(error) = files::touch(&folder.join(MARK)) {
        tracing::debug!(%error, "other editors do not know that somebody types");
    }
}

/// Whether that is all that a change of this file says.
pub(super) fn is_mark(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == MARK)
}

/// When somebody typed last, as far as one who looks now and then can tell.
#[derive(Debug)]
pub(super) struct Lull {
    own: Activity,
    keys: u64, // counted at the last look
    mark: PathBuf,
    stamp: Option<SystemTime>, // at the last look
    typed: Option<Instant>,
}

impl Lull {
    pub(super) fn new(own: Activity, folder: &Path) -> Lull {
        let mark = folder.join(MARK);
        let stamp = stamp(&mark);
        // Clocks may be set: a stamp of the future says nothing but that it is there.
        let age = stamp.and_then(|stamp| stamp.elapsed().ok());
        let typed = age.and_then(|age| Instant::now().checked_sub(age));
        Lull {
            keys: own.count(),
            own,
            mark,
            stamp,
            typed,
        }
    }

    /// Looks: until when nothing is to be trained.
    pub(super) fn ends(&mut self) -> Option<Instant> {
        let (keys, stamp) = (self.own.count(), stamp(&self.mark));
        if keys != self.keys || stamp.is_some() && stamp != self.stamp {
            (self.keys, self.stamp) = (keys, stamp);
            self.typed = Some(Instant::now());
        }
        self.typed.map(|typed| typed + QUIET)
    }
}

fn stamp(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_told_now_and_then() {
        let mut telling = Telling::default();
        let start = Instant::now();
        let at = |milliseconds: u64| start + Duration::from_millis(milliseconds);
        let told = [0, 100, 1900, 2000, 2100, 60_000].map(|time| telling.is_due(at(time)));
        assert_eq!(told, [true, false, false, true, false, true]);
        assert!(TELL < QUIET);
    }

    #[test]
    fn typing_here_or_elsewhere_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let own = Activity::default();
        let mut lull = Lull::new(own.clone(), folder.path());
        assert_eq!(lull.ends(), None);
        own.typed();
        let first = lull.ends();
        assert!(first.is_some());
        assert_eq!(lull.ends(), first, "nobody typed since");
        tell(folder.path());
        let second = lull.ends();
        assert!(second > first);
        assert_eq!(lull.ends(), second);
        let at = SystemTime::now() + Duration::from_secs(1_000_000);
        let file = std::fs::File::options()
            .append(true)
            .open(folder.path().join(MARK));
        file.unwrap().set_modified(at).unwrap();
        assert!(lull.ends() > second, "whatever its clock says");
        std::fs::remove_file(folder.path().join(MARK)).unwrap();
        let third = lull.ends();
        assert_eq!(lull.ends(), third, "forgetting everything is no typing");
    }

    #[test]
    fn who_comes_later_knows_what_was_typed_before() {
        let folder = tempfile::tempdir().unwrap();
        tell(folder.path());
        let mut lull = Lull::new(Activity::default(), folder.path());
        assert!(lull.ends().is_some());
    }
}
