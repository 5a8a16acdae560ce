//! Tells which files under some folders changed. Knows nothing of what they are.

use notify::event::EventKind;
use notify::{Config, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often is looked where the system cannot tell.
const POLL: Duration = Duration::from_secs(30);

/// What is watched, until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Watch {
    system: Option<RecommendedWatcher>,
    polling: Option<PollWatcher>,
}

/// Called with the paths that changed, from another thread.
type Seen = Arc<dyn Fn(Vec<PathBuf>) + Send + Sync>;

impl Watch {
    /// Watches folders with all that is below them. Returns a sentence for each that cannot be watched well.
    pub(super) fn start(
        folders: &[PathBuf],
        seen: impl Fn(Vec<PathBuf>) + Send + Sync + 'static,
    ) -> (Watch, Vec<String>) {
        let seen: Seen = Arc::new(seen);
        let handler = || handler(&seen, folders);
        let config = Config::default()
            .with_follow_symlinks(false)
            .with_poll_interval(POLL);
        let mut watch = Watch::default();
        let mut warnings = Vec::new();
        for folder in folders {
            let mut there = nearest(folder);
            let tried = loop {
                let mode = match there == folder {
                    true => RecursiveMode::Recursive,
                    // It may come: then it is told of.
                    false => RecursiveMode::NonRecursive,
                };
                let tried = match &mut watch.system {
                    Some(watcher) => watcher.watch(there, mode),
                    None => RecommendedWatcher::new(handler(), config).and_then(|mut watcher| {
                        watcher.watch(there, mode)?;
                        watch.system = Some(watcher);
                        Ok(())
                    }),
                };
                // It may have come just before that.
                match nearest(folder) {
                    same if same == there || tried.is_err() => break tried,
                    nearer => there = nearer,
                }
            };
            if there != folder {
                warnings.push(match tried {
                    Ok(()) => format!("{} is not there yet", folder.display()),
                    Err(error) => format!("{} is not there: {error}", folder.display()),
                });
                continue;
            }
            let Err(error) = tried else { continue };
            // A network drive, or the system watches as much as it can already.
            let polled = match &mut watch.polling {
                Some(watcher) => watcher.watch(folder, RecursiveMode::Recursive),
                None => PollWatcher::new(handler(), config).and_then(|mut watcher| {
                    watcher.watch(folder, RecursiveMode::Recursive)?;
                    watch.polling = Some(watcher);
                    Ok(())
                }),
            };
            let name = folder.display();
            warnings.push(match polled {
                Ok(()) => format!(
                    "cannot watch {name} ({error}); looking every {} seconds",
                    POLL.as_secs()
                ),
                Err(error) => format!("cannot watch {name}: {error}"),
            });
        }
        (watch, warnings)
    }
}

/// A folder, or the one above it that is there.
fn nearest(folder: &Path) -> &Path {
    let there = folder.ancestors().find(|above| above.is_dir());
    there.unwrap_or(folder)
}

/// Passes on paths in the folders that were made, changed, renamed or removed, and folders above them; all folders, where more happened
/// than the system kept count of.
fn handler(
    seen: &Seen,
    folders: &[PathBuf],
) -> impl Fn(notify::Result<notify::Event>) + Send + use<> {
    let (seen, folders) = (seen.clone(), folders.to_vec());
    move |event| match event {
        Ok(event) if event.need_rescan() => seen(folders.clone()),
        Ok(mut event) if !matches!(event.kind, EventKind::Access(_)) => {
            let is_ours = |path: &PathBuf| {
                let is_one =
                    |folder: &PathBuf| path.starts_with(folder) || folder.starts_with(path);
                folders.iter().any(is_one)
            };
            event.paths.retain(is_ours);
            if !event.paths.is_empty() {
                seen(event.paths);
            }
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "watching"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_file_that_takes_anothers_place_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        let (sender, receiver) = mpsc::channel();
        let (_watch, warnings) = Watch::start(std::slice::from_ref(&root), move |paths| {
            let _ = sender.send(paths);
        });
        assert_eq!(warnings, Vec::<String>::new());
        std::fs::write(root.join("new"), "text").unwrap();
        std::fs::rename(root.join("new"), root.join("a.md")).unwrap();
        let is_told = |paths: Vec<PathBuf>| paths.contains(&root.join("a.md"));
        while !is_told(receiver.recv_timeout(Duration::from_secs(60)).unwrap()) {}
    }

    #[test]
    fn a_folder_that_comes_later_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        let (sender, receiver) = mpsc::channel();
        let (_watch, warnings) = Watch::start(&[root.join("a/b")], move |paths| {
            let _ = sender.send(paths);
        });
        assert!(warnings[0].contains("not there yet"), "{warnings:?}");
        std::fs::write(root.join("another"), "text").unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        let told = receiver.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(told, [root.join("a")]);
    }

    #[test]
    fn where_the_system_lost_count_all_is_looked_at() {
        let (sender, receiver) = mpsc::channel();
        let seen: Seen = Arc::new(move |paths| sender.send(paths).unwrap());
        let folders = [PathBuf::from("/a"), PathBuf::from("/b")];
        let lost = notify::Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
        handler(&seen, &folders)(Ok(lost));
        assert_eq!(receiver.recv().unwrap(), folders);
    }

    #[test]
    fn a_folder_that_is_not_there_costs_one_sentence() {
        let (_watch, warnings) = Watch::start(&[PathBuf::from("/no/such/folder")], |_| ());
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("/no/such/folder"), "{warnings:?}");
    }
}
