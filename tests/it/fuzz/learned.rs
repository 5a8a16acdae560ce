//! The folder of what was learned may hold anything: what cannot be read is set aside, and learning goes on.

use super::input::Input;
use rnn_lsp::adapt::Library;
use rnn_lsp::model::Model;
use rnn_lsp::text::prose::Language;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| Arc::new(Model::tiny(1)));

/// The names that mean something there, with the first line of those that are sealed.
const FILES: [(&str, &str); 6] = [
    ("45bb8dc11b596ad5.source", "rnn-lsp learned 1 "),
    ("forgotten.json", ""),
    ("accepted", ""),
    ("trials", ""),
    ("personal-000001.json", "rnn-lsp personal 1 "),
    ("personal-000001.model", ""),
];

/// Files, each with its length and whether its seal is to hold; then the writer's prose.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let folder = Folder::new();
    let mut sources = Vec::new();
    for _ in 0..input.byte() % 4 {
        let (name, first_line) = input.pick(&FILES);
        let is_sealed = !input.byte().is_multiple_of(4) && !first_line.is_empty();
        let count = input.number() % 4096;
        let json = input.bytes(count);
        let mut file = Vec::new();
        if is_sealed {
            let line = format!("{first_line}{:08x}\n", crc32fast::hash(json));
            file.extend(line.as_bytes());
        }
        file.extend(json);
        if name.ends_with("source") {
            sources.push(file.clone());
        }
        std::fs::write(folder.0.join(name), file).expect("room for a file");
    }
    let mut library = Library::open(&folder.0, MODEL.clone());
    // What another computer exported is trusted as little.
    let exported = folder.0.join("exported");
    let lines: Vec<u8> = sources
        .iter()
        .flat_map(|source| source.iter().copied().chain([b'\n']))
        .collect();
    std::fs::write(&exported, lines).expect("room for a file");
    let _ = library.store.import(&exported);
    let text = input.text();
    let path = Path::new("/notes/a.md");
    let learned = library.learn(path, Language::Markdown, &text, SystemTime::now());
    learned.expect("a folder that can be written");
    let _ = library.counts(SystemTime::now());
    let _ = library.generation();
    let _ = library.tuned();
    let _ = library.take_warnings();
    // All of it can be read again by the next one.
    let again = Library::open(&folder.0, MODEL.clone());
    assert_eq!(
        again.store.word_count(),
        library.store.word_count(),
        "what was written is read back"
    );
}

/// A folder of its own in memory, where the system has that.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let memory = Path::new("/dev/shm");
        let place = match memory.is_dir() {
            true => memory.to_owned(),
            false => std::env::temp_dir(),
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = place.join(format!("rnn-lsp-fuzz-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // It is in a temporary place anyway.
    }
}
