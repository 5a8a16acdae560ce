//! What announces a secret: "password:", "my PIN for the card is", a heading "Passwords".
//!
//! Nothing behind an announcement is learned. How far that goes depends on what announces it: a word that hardly means anything but a
//! secret reaches further than one that is common in prose, like "key".

use crate::text::prose::Break;

/// Words that announce a secret when a colon or an equals sign follows.
const LABELS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "pwd",
    "pass",
    "passphrase",
    "passphrases",
    "passcode",
    "passcodes",
    "pin",
    "puk",
    "secret",
    "secrets",
    "token",
    "tokens",
    "key",
    "keys",
    "apikey",
    "login",
    "logins",
    "credential",
    "credentials",
    "username",
    "user",
    "otp",
    "totp",
    "2fa",
    "cvv",
    "cvc",
    "iban",
    "ssn",
    "bearer",
    "authorization",
    "cookie",
    "session",
    "passwort",
    "kennwort",
    "contraseña",
    "mot-de-passe",
    "wachtwoord",
];

/// Words that announce one when "is", "was" or a quotation mark follows, too, and hardly mean anything else.
const PLAIN_LABELS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pw",
    "passphrase",
    "passcode",
    "puk",
    "otp",
    "cvv",
    "cvc",
    "passwort",
    "kennwort",
    "contraseña",
    "wachtwoord",
];

/// The same, several words long.
const LONG_LABELS: &[&[&str]] = &[
    &["pin", "code"],
    &["pin", "number"],
    &["api", "key"],
    &["access", "key"],
    &["access", "token"],
    &["secret", "key"],
    &["mot", "de", "passe"],
    &["mots", "de", "passe"],
];

/// Behind a label these make it the name of something else.
const THINGS: &[&str] = &[
    "authentication",
    "box",
    "dialog",
    "entry",
    "field",
    "fields",
    "file",
    "files",
    "form",
    "hash",
    "hashes",
    "hashing",
    "input",
    "length",
    "manager",
    "managers",
    "option",
    "page",
    "policies",
    "policy",
    "prompt",
    "prompts",
    "protected",
    "protection",
    "requirements",
    "reset",
    "resets",
    "rules",
    "strength",
    "system",
    "systems",
];

/// With these before it, a label is changed "to" something.
const CHANGES: &[&str] = &[
    "change", "changed", "changing", "reset", "set", "setting", "update", "updated",
];

/// So many words behind a label may stand before what says that the secret follows.
const REACH: usize = 6;

/// Pairs of words that announce a list of secret words.
const PHRASES: &[[&str; 2]] = &[
    ["seed", "phrase"],
    ["seed", "words"],
    ["recovery", "phrase"],
    ["recovery", "words"],
    ["recovery", "code"],
    ["recovery", "codes"],
    ["recovery", "key"],
    ["backup", "code"],
    ["backup", "codes"],
    ["backup", "phrase"],
    ["mnemonic", "phrase"],
    ["secret", "phrase"],
    ["secret", "words"],
];

/// A secret that is announced in a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announcement {
    /// Nothing is learned from this chunk on.
    pub(super) from: usize,
    /// Where else it may stand.
    pub(super) behind: Behind,
}

/// Where a secret may stand behind the paragraph that announces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// Nowhere.
    Nowhere,
    /// In the next paragraph, or in all items that follow.
    List,
    /// In the items that follow.
    Items,
    /// In everything up to the next heading.
    Section,
}

impl Behind {
    /// Whether a paragraph behind the announcement is the secret, and where else that may stand then.
    pub(super) fn go_on(self, starts: Break) -> (bool, Behind) {
        match (self, starts) {
            (Behind::Nowhere, _) | (Behind::List | Behind::Section, Break::Heading) => {
                (false, Behind::Nowhere)
            }
            (Behind::Section, _) => (true, Behind::Section),
            (Behind::List | Behind::Items, Break::Item) => (true, Behind::Items),
            (Behind::List, _) => (true, Behind::Nowhere),
            (Behind::Items, _) => (false, Behind::Nowhere),
        }
    }
}

/// The first announcement in a paragraph, given what stands between its spaces.
pub(super) fn find(chunks: &[&str], starts: Break) -> Option<Announcement> {
    let words: Vec<String> = chunks.iter().map(|chunk| bare(chunk)).collect();
    (0..chunks.len()).find_map(|at| {
        let near = near(chunks, &words, at);
        let (from, said) = near.or_else(|| far(chunks, &words, at, starts))?;
        let behind = match said {
            Said::Title if starts == Break::Heading => Behind::Section,
            Said::Title => Behind::Items,
            // "password:" and nothing behind it.
            Said::Here(rest) if rest >= chunks.len() => Behind::List,
            Said::Here(_) if chunks.last().is_some_and(|last| assigns(last)) => Behind::List,
            Said::Here(_) => Behind::Nowhere,
        };
        Some(Announcement { from, behind })
    })
}

/// What an announcement is.
enum Said {
    /// The whole paragraph.
    Title,
    /// Words up to here.
    Here(usize),
}

/// An announcement by the word at `at` and what stands right behind it.
fn near(chunks: &[&str], words: &[String], at: usize) -> Option<(usize, Said)> {
    let (chunk, word) = (chunks[at], words[at].as_str());
    let next = chunks.get(at + 1).copied().unwrap_or_default();
    let last = word.rsplit(['_', '-', '/']).next();
    let is_label = last.is_some_and(|last| LABELS.contains(&last));
    if is_label && assigns(chunk) {
        return Some((at, Said::Here(at + 1)));
    }
    if is_label && is_sign(next) {
        return Some((at, Said::Here(at + 2)));
    }
    let mut parts = chunk.splitn(2, [':', '=']).map(bare);
    let names = parts
        .next()
        .is_some_and(|name| LABELS.contains(&name.as_str()));
    if names && parts.next().is_some() {
        return Some((at, Said::Here(chunks.len().min(at + 1))));
    }
    let is_said = matches!(bare(next).as_str(), "is" | "was" | "are" | "ist")
        || next.starts_with(['"', '\'', '`', '\u{201c}', '\u{2018}']);
    let is_plain = PLAIN_LABELS.contains(&word) || word == "pin";
    let is_pair = words
        .get(at + 1)
        .is_some_and(|next| PHRASES.contains(&[word, next.as_str()]));
    let is_header = word == "bearer" || word == "basic" && at > 0 && assigns(chunks[at - 1]);
    let says = is_plain && is_said || is_pair || is_header;
    says.then_some((at, Said::Here(at + 2)))
}

/// An announcement by a label at `at` that hardly means anything but a secret, and something behind or before it.
fn far(chunks: &[&str], words: &[String], at: usize, starts: Break) -> Option<(usize, Said)> {
    let end = at + label(chunks, words, at)?;
    let here = |end: usize| Some((at, Said::Here(end)));
    let next = words.get(end).map(String::as_str);
    if next.is_some_and(|next| THINGS.contains(&next)) {
        return None;
    }
    let is_title = chunks.len() <= 3 && end == chunks.len();
    if is_title && matches!(starts, Break::Heading | Break::Item) {
        return Some((at, Said::Title));
    }
    // "Password hunter2", and a number or a key right behind the label.
    let is_short = at == 0 && end < chunks.len() && chunks.len() <= end + 1;
    if is_short || next.is_some_and(|next| next.contains(|c: char| c.is_ascii_digit())) {
        return here(end);
    }
    // "hunter2 is the password"
    let before = |back: usize| at.checked_sub(back).map(|at| words[at].as_str());
    let is_of = matches!(
        before(1),
        Some("the" | "my" | "our" | "your" | "his" | "her" | "their")
    );
    if is_of && matches!(before(2), Some("is" | "was")) {
        return Some((0, Said::Here(end)));
    }
    let is_changed = words[..at]
        .iter()
        .any(|word| CHANGES.contains(&word.as_str()));
    let ends = |chunk: &str| chunk.ends_with(['.', '!', '?']);
    for behind in end..chunks.len().min(end + REACH) {
        if ends(chunks[behind - 1]) {
            break;
        }
        let (chunk, word) = (chunks[behind], words[behind].as_str());
        let is_dash = matches!(chunk, "-" | "\u{2013}" | "\u{2014}") && at <= 3;
        let is_said = matches!(word, "is" | "was" | "ist") || word == "to" && is_changed;
        if assigns(chunk) || is_sign(chunk) || is_dash || is_said {
            return here(behind + 1);
        }
    }
    None
}

/// Of how many words the label is that begins at `at`.
fn label(chunks: &[&str], words: &[String], at: usize) -> Option<usize> {
    let is_long = |label: &&&[&str]| {
        let words = words[at..].iter().map(String::as_str);
        label.len() <= words.len() && words.zip(label.iter()).all(|(word, part)| word == *part)
    };
    let long = LONG_LABELS.iter().find(is_long).map(|label| label.len());
    let word = words[at].as_str();
    let is_plural = word
        .strip_suffix('s')
        .is_some_and(|one| PLAIN_LABELS.contains(&one));
    // A pin is many things, a PIN is not.
    let is_one =
        PLAIN_LABELS.contains(&word) || is_plural || word == "pin" && chunks[at].contains("PIN");
    long.or(is_one.then_some(1))
}

/// A chunk without what is no letter or digit around it, in lower case.
fn bare(chunk: &str) -> String {
    let word = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    word.to_lowercase()
}

fn assigns(chunk: &str) -> bool {
    chunk.ends_with([':', '='])
}

fn is_sign(chunk: &str) -> bool {
    matches!(chunk, ":" | "=" | "->" | "=>")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a text, paragraph by paragraph: `#` begins a heading, `-` an item.
    fn left(text: &str) -> Vec<String> {
        let mut behind = Behind::Nowhere;
        let paragraphs = text.split('\n').map(|line| match line.split_at_checked(2) {
            Some(("# ", text)) => (Break::Heading, text),
            Some(("- ", text)) => (Break::Item, text),
            _ => (Break::Paragraph, line),
        });
        let mut left = Vec::new();
        for (starts, text) in paragraphs {
            let (is_secret, next) = behind.go_on(starts);
            behind = next;
            if is_secret {
                continue;
            }
            let chunks: Vec<&str> = text.split_whitespace().collect();
            let found = find(&chunks, starts);
            let end = found.map_or(chunks.len(), |found| found.from);
            behind = found.map_or(behind, |found| found.behind);
            if end > 0 {
                left.push(chunks[..end].join(" "));
            }
        }
        left
    }

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(left(text), expected, "{text}");
    }

    #[test]
    fn what_is_said_to_be_secret() {
        for text in [
            "WiFi password at home: x",
            "Password for the NAS: x",
            "Password (NAS): x",
            "PIN for the card: 4821",
            "PIN code: 4821",
            "pw: x",
            "Mot de passe : x",
            "Password - x",
            "Password x",
            "passcode 4821",
            "My password for the bank is x",
            "x is the password",
            "My API key for the map is x",
        ] {
            let found = left(text).join(" ");
            assert!(!found.contains(['x', '4']), "{text}: {found}");
        }
        check("Changed the password to x", &["Changed the"]);
        check("I use passcode 4821 at the door.", &["I use"]);
    }

    #[test]
    fn what_stands_behind() {
        check("# Password\nx\n- y\nz\n# Then\nlife", &["Then", "life"]);
        check("# WiFi passwords\nx\n# Then", &["WiFi", "Then"]);
        check("- site\n- password\n- bank\n- x\nThen", &["site", "Then"]);
        check("- Password\n- x\nThen", &["Then"]);
        check("Seed phrase:\n- a\n- b\n- c\nThen", &["Then"]);
        check(
            "Passwords:\n- bank x\n- mail y\nThen\n- go",
            &["Then", "go"],
        );
        check("Password:\nx\nThen", &["Then"]);
        check(
            "- mail password: x\n- bank password: y\nThen it ends",
            &["mail", "bank", "Then it ends"],
        );
    }

    #[test]
    fn prose_is_prose() {
        for text in [
            "He forgot the password and left.",
            "She typed her password, and the screen lit up.",
            "The password manager is free.",
            "The secret of the garden was out.",
            "Set a pin code lock on it.",
            "A password field in the form is required: so be it.",
            "The key to all of this is patience.",
            "A token of love: that is all.",
            "Passwords matter to all of us.",
        ] {
            check(text, &[text]);
        }
    }
}
