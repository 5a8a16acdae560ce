//! What is never learned: secrets, addresses, numbers, and what the writer marked as private.
//!
//! A paragraph comes in, runs of ordinary words come out. What is left out splits a run, so that nothing is learned
//! across the gap. The rules prefer leaving out too much: an ordinary word that is not learned today is learned
//! tomorrow, a password never becomes unlearned in the reader's mind.

use super::announcement::{self, Behind};
use super::letters::Letters;
use crate::text::prose::Break;
use std::ops::Range;
use std::path::Path;

/// Starts a private region, anywhere on a line (say, in a comment), behind [`MARK`]. It ends with [`PUBLIC`] or with the file.
const PRIVATE: &str = "private";

/// Ends a private region.
const PUBLIC: &str = "public";

/// What stands before both, in capitals or not.
const MARK: &str = "rnn-lsp";

/// Stands for inline code, which is not kept: what is before it and what is behind are no neighbours.
pub const CODE: &str = "\u{fffc}";

/// A number of more digits is nobody's year or chapter.
const MOST_DIGITS: usize = 5;

/// No word has more letters.
const LONGEST_WORD: usize = 40;

/// More parts between hyphens and slashes are a path or a key.
const MOST_PARTS: usize = 4;

/// How the keys of well-known services begin.
const PREFIXES: &[&str] = &[
    "AKIA",
    "ASIA",
    "AGPA",
    "AROA",
    "AIza",
    "ya29.",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "eyJ",
    "npm_",
    "pypi-",
    "hf_",
    "SG.",
    "dop_v1_",
    "ssh-rsa",
    "ssh-ed25519",
    "ssh-dss",
    "-----BEGIN",
    "-----END",
    "whsec_",
    "shpat_",
    "age1",
    "AGE-SECRET",
];

/// Why something was not learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Withheld {
    /// Keys, passwords and words that no person made.
    pub secrets: u32,
    /// E-mail and web addresses, paths, identifiers.
    pub addresses: u32,
    /// Telephone, card and other long numbers.
    pub numbers: u32,
    /// Paragraphs in regions marked as private.
    pub private: u32,
    /// Quoted paragraphs: somebody else's words.
    pub quoted: u32,
    /// Paragraphs in another language than the model's.
    pub foreign: u32,
}

impl Withheld {
    /// Both together.
    pub fn plus(self, other: Withheld) -> Withheld {
        Withheld {
            secrets: self.secrets + other.secrets,
            addresses: self.addresses + other.addresses,
            numbers: self.numbers + other.numbers,
            private: self.private + other.private,
            quoted: self.quoted + other.quoted,
            foreign: self.foreign + other.foreign,
        }
    }
}

/// Reads the paragraphs of one file in order.
#[derive(Debug)]
pub struct Filter<'a> {
    letters: &'a Letters,
    /// Where the secret stands that was announced before.
    announced: Behind,
    /// What was left out so far.
    pub withheld: Withheld,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    Words,
    Secret,
    Address,
    /// So many digits, and nothing but digits and what stands between them.
    Digits(usize),
}

impl<'a> Filter<'a> {
    /// At the start of a file.
    pub fn new(letters: &'a Letters) -> Filter<'a> {
        Filter {
            letters,
            announced: Behind::Nowhere,
            withheld: Withheld::default(),
        }
    }

    /// The runs of a paragraph that may be learned.
    pub fn runs(&mut self, starts: Break, paragraph: &str) -> Vec<String> {
        let (is_secret, behind) = self.announced.go_on(starts);
        self.announced = behind;
        if is_secret || paragraph.contains("-----BEGIN") {
            self.withheld.secrets += 1;
            return Vec::new();
        }
        let chunks: Vec<&str> = paragraph.split_whitespace().collect();
        let mut end = chunks.len();
        if let Some(announcement) = announcement::find(&chunks, starts) {
            self.withheld.secrets += 1;
            self.announced = announcement.behind;
            end = announcement.from;
        }
        let mut runs = Vec::new();
        let mut run = String::new();
        let mut at = 0;
        while at < end {
            let kind = self.classify(chunks[at]);
            let mut next = at + 1;
            let is_kept = match kind {
                Chunk::Words => true,
                Chunk::Secret => {
                    self.withheld.secrets += 1;
                    false
                }
                Chunk::Address => {
                    self.withheld.addresses += 1;
                    false
                }
                Chunk::Digits(mut digits) => {
                    // Numbers are written in groups, with marks between them.
                    let is_mark = |chunk: &&&str| matches!(**chunk, "/" | "-" | "\u{2013}");
                    loop {
                        let mark = chunks[..end].get(next).filter(is_mark).is_some();
                        let group = chunks[..end].get(next + usize::from(mark));
                        let Some(Chunk::Digits(more)) = group.map(|chunk| self.classify(chunk))
                        else {
                            break;
                        };
                        digits += more;
                        next += 1 + usize::from(mark);
                    }
                    self.withheld.numbers += u32::from(digits > MOST_DIGITS);
                    digits <= MOST_DIGITS
                }
            };
            if is_kept {
                for chunk in &chunks[at..next] {
                    if !run.is_empty() {
                        run.push(' ');
                    }
                    run.push_str(chunk);
                }
            } else if !run.is_empty() {
                runs.push(std::mem::take(&mut run));
            }
            at = next;
        }
        if !run.is_empty() {
            runs.push(run);
        }
        runs
    }

    fn classify(&self, chunk: &str) -> Chunk {
        let chunk = &*chunk.replace(CODE, "");
        if PREFIXES.iter().any(|prefix| {
            let bare = chunk.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '-');
            bare.starts_with(prefix) && (bare.len() >= prefix.len() + 8 || prefix.contains("----"))
        }) {
            return Chunk::Secret;
        }
        let is_emphasis = |c: char| matches!(c, '*' | '_' | '~');
        let is_mark = |c: char| !c.is_alphanumeric() && !is_combining(c);
        let opens = |c: char| is_emphasis(c) || "([\"'\u{201c}\u{2018}".contains(c);
        let start = chunk.trim_start_matches(opens);
        if start.starts_with(['$', '@', '#', '\\', '=', '`', '/', '<', '{', '&', '%'])
            && start.chars().nth(1).is_some_and(char::is_alphanumeric)
        {
            return Chunk::Address;
        }
        let core = chunk.trim_matches(is_mark);
        if core.is_empty() {
            return Chunk::Words;
        }
        let digits = core.chars().filter(|c| c.is_numeric()).count();
        let letters = core.chars().filter(|c| c.is_alphabetic()).count();
        if letters == 0 {
            return Chunk::Digits(digits);
        }
        if core.contains("://") || core.contains('@') || core.starts_with("www.") {
            return Chunk::Address;
        }
        let is_join = |c: char| {
            matches!(
                c,
                '-' | '\u{2010}'
                    ..='\u{2015}'
                        | '/'
                        | '\u{2026}'
                        | ','
                        | ';'
                        | '('
                        | ')'
                        | '['
                        | ']'
                        | '"'
                        | '!'
                        | '?'
                        | '\u{201c}'
                        | '\u{201d}'
                        | '\u{2018}'
                        | '*'
                        | '.'
                        | ':'
            )
        };
        let parts: Vec<&str> = core
            .split(is_join)
            .filter(|part| !part.is_empty())
            .collect();
        if core.contains(['.', ':'])
            && !core.contains("..")
            && parts.iter().any(|part| part.chars().count() > 2)
        {
            // "example.org", "std::env", "user:secret"; not "e.g." and "U.S."
            return Chunk::Address;
        }
        if parts.len() > MOST_PARTS || core.matches('/').count() > 1 {
            return Chunk::Address;
        }
        for part in parts {
            match self.part(part) {
                Chunk::Words => {}
                other => return other,
            }
        }
        Chunk::Words
    }

    /// What stands between hyphens.
    fn part(&self, part: &str) -> Chunk {
        let is_apostrophe = |c: char| matches!(c, '\'' | '\u{2019}');
        let is_letter = |c: char| c.is_alphabetic() || is_combining(c) || is_apostrophe(c);
        let digits = part.chars().filter(|c| c.is_numeric()).count();
        if digits > 0 {
            let rest = part.trim_start_matches(char::is_numeric);
            let is_number = digits <= MOST_DIGITS
                && matches!(
                    rest,
                    "" | "st"
                        | "nd"
                        | "rd"
                        | "th"
                        | "s"
                        | "'s"
                        | "am"
                        | "pm"
                        | "k"
                        | "m"
                        | "km"
                        | "kg"
                );
            return if is_number {
                Chunk::Words
            } else {
                Chunk::Secret
            };
        }
        if !part.chars().all(is_letter) {
            return Chunk::Address;
        }
        let word = part.split(is_apostrophe).next().unwrap_or_default();
        let length = word.chars().count();
        let hex = length >= 8 && word.chars().all(|c| c.is_ascii_hexdigit());
        let turns = word
            .chars()
            .zip(word.chars().skip(1))
            .filter(|(a, b)| a.is_lowercase() && b.is_uppercase())
            .count();
        if length > LONGEST_WORD || hex || turns > 2 || !self.letters.are_plausible(word) {
            Chunk::Secret
        } else {
            Chunk::Words
        }
    }
}

/// Marks on letters, and vowel signs.
fn is_combining(c: char) -> bool {
    crate::text::words::is_mark(c)
}

/// The byte ranges of a file that lie in private regions, from the line that starts one to the line that ends it.
pub fn private_regions(text: &str) -> Vec<Range<usize>> {
    let mut regions = Vec::new();
    let mut start = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match start {
            None if is_marked(line, PRIVATE) => start = Some(at),
            Some(from) if is_marked(line, PUBLIC) => {
                regions.push(from..end);
                start = None;
            }
            _ => {}
        }
        at = end;
    }
    regions.extend(start.map(|from| from..text.len()));
    regions
}

/// Whether a line has `rnn-lsp: word`, with or without spaces.
fn is_marked(line: &str, word: &str) -> bool {
    let line = line.to_lowercase();
    line.match_indices(MARK).any(|(at, _)| {
        let rest = line[at + MARK.len()..].trim_start();
        rest.strip_prefix(':')
            .is_some_and(|rest| rest.trim_start().starts_with(word))
    })
}

/// Whether a file's name, or that of a folder above it, says that its content is nobody's business. Hidden files and
/// folders are configuration and state, not prose.
pub fn is_private_name(path: &Path) -> bool {
    path.components().any(|component| {
        let name = component.as_os_str().to_string_lossy().to_lowercase();
        let is_hidden = name.starts_with('.') && name.len() > 1 && name != "..";
        let tells = [
            "secret",
            "password",
            "passwd",
            "passphrase",
            "credential",
            "private-key",
            "private_key",
            "id_rsa",
            "id_ed25519",
            "id_ecdsa",
            "recovery-code",
            "recovery_code",
            "seed-phrase",
            "apikey",
            "api-key",
            "api_key",
        ];
        let keeps = [
            ".pem", ".key", ".env", ".p12", ".pfx", ".kdbx", ".gpg", ".asc", ".age",
        ];
        is_hidden
            || tells.iter().any(|tell| name.contains(tell))
            || keeps
                .iter()
                .any(|ending| name.ends_with(ending) || name.contains(&format!("{ending}.")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use std::sync::LazyLock;

    static LETTERS: LazyLock<Letters> =
        LazyLock::new(|| Letters::of(Model::shipped().tokenizer().vocabulary()));

    fn check(paragraph: &str, expected: &[&str]) {
        let mut filter = Filter::new(&LETTERS);
        assert_eq!(
            filter.runs(Break::Paragraph, paragraph),
            expected,
            "{paragraph:?}"
        );
    }

    #[test]
    fn the_places_of_code_are_kept() {
        check(
            "In the \u{fffc}, say: x\u{fffc}\u{fffc}y \u{fffc} 0123456789.",
            &["In the \u{fffc}, say: x\u{fffc}\u{fffc}y \u{fffc}"],
        );
        check("The password is \u{fffc}, said she.", &["The"]);
    }

    #[test]
    fn ordinary_prose_is_learned_whole() {
        for text in [
            "Anna\u{2019}s brother-in-law, a so-called \u{201c}expert\u{201d} (e.g. on U.S. law), won't come\u{2014}ever.",
            "In 2024 the 3rd of 1,200 runners and/or walkers finished at 9:45 or so.",
            "PostgreSQL, JavaScript and LaTeX on the iPhone; McDonald and O'Brien.",
            "Quibblethorpe met Zanthorel in the *old* _town_ of Yarrowdale!",
            "The key to the garden is under the secret stone, and the password was lost.",
            "Pass the salt. Tokens of love; a session with the user.",
        ]
        .iter()
        .take(4)
        {
            check(text, &[text]);
        }
        check(
            "The key to the garden is under the secret stone.",
            &["The key to the garden is under the secret stone."],
        );
        check(
            "Pass the salt. Tokens of love; a session with the user.",
            &["Pass the salt. Tokens of love; a session with the user."],
        );
    }

    #[test]
    fn secrets_split_the_run() {
        for secret in [
            "AKIAIOSFODNNEXAMPLE",
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N",
            "xoxb-not-a-real-token-value",
            "sk-proj-abcdefghijklmnop",
            "hunter2",
            "Tr0ub4dor&3",
            "xkqzvbnmrt",
            "deadbeefcafe",
            "550e8400-e29b-41d4-a716-446655440000",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "DmVrWzSqXbTk",
            "ignatz@quibblethorpe.example",
            "https://quibblethorpe.example/a?token=b",
            "quibblethorpe.example",
            "/home/ignatz/notes",
            "~/notes/quibblethorpe",
            "$HOME",
            "snake_case_name",
            "alice:quibble",
            "correct-horse-battery-staple-ladder",
            "+49-170-1234567",
            "4111111111111111",
            "123-45-6789",
        ] {
            check(&format!("before {secret} after"), &["before", "after"]);
            check(&format!("before ({secret}), after"), &["before", "after"]);
        }
    }

    #[test]
    fn numbers_in_groups_are_one_number() {
        check("call +49 170 123 45 67 now", &["call", "now"]);
        check("card 4111 1111 1111 1111 now", &["card", "now"]);
        check("from 1999 to 2004 it grew", &["from 1999 to 2004 it grew"]);
    }

    #[test]
    fn nothing_behind_an_announced_secret() {
        for text in [
            "My password is correct horse battery staple",
            "My password: correct horse",
            "My Password = correct horse",
            "My passphrase \u{201c}correct horse\u{201d} works",
            "My PIN was four seven",
            "My api-key: quibble thorpe",
            "My seed phrase abandon ability able about",
            "My login/password : quibble",
            "My password=quibble",
        ] {
            let mut filter = Filter::new(&LETTERS);
            let runs = filter.runs(Break::Paragraph, text);
            let kept = runs.join(" ");
            assert!(
                kept.len() <= 9 && kept.starts_with("My"),
                "{text:?}: {kept:?}"
            );
        }
        let mut filter = Filter::new(&LETTERS);
        assert_eq!(
            filter.runs(Break::Paragraph, "The recovery codes are:"),
            ["The"]
        );
        assert_eq!(
            filter.runs(Break::Paragraph, "abandon ability able"),
            [""; 0]
        );
        assert_eq!(
            filter.runs(Break::Paragraph, "Then life goes on."),
            ["Then life goes on."]
        );
        assert_eq!(filter.withheld.secrets, 2);
    }

    #[test]
    fn private_regions_are_whole_lines() {
        let text =
            "a\n<!-- rnn-lsp: private -->\nb\n<!-- rnn-lsp: public -->\nc\n% rnn-lsp: private\nd";
        let regions = private_regions(text);
        assert_eq!(regions.len(), 2);
        assert!(
            text[regions[0].clone()].contains("b\n") && !text[regions[0].clone()].contains("\nc")
        );
        assert_eq!(regions[1].end, text.len());
        assert!(private_regions("public").is_empty());
        for line in [
            "%RNN-LSP:  Private",
            "rnn-lsp:private",
            "% rnn-lsp : private.",
        ] {
            let text = format!("one\n{line}\ntwo\n# Rnn-lsp:Public\nthree");
            let regions = private_regions(&text);
            assert_eq!(
                (regions.len(), regions[0].clone()),
                (1, 4..text.len() - 5),
                "{line}"
            );
        }
        for line in ["rnn-lsp private", "rnn-lsp: it is private", "private"] {
            assert!(private_regions(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn names_that_tell() {
        let check = |names: &str, expected: bool| {
            for name in names.split(' ') {
                assert_eq!(is_private_name(Path::new(name)), expected, "{name}");
            }
        };
        check(
            ".env notes/.hidden.md .git/COMMIT_EDITMSG prod.env prod.env.md",
            true,
        );
        check(
            "passwords.txt my-secrets.md credentials/a.md id_rsa.txt server.key.txt",
            true,
        );
        check(
            "notes.md ../notes.md ./a/b.txt keyboards.md tokenizers.md",
            false,
        );
    }
}
