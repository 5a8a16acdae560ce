//! "a" before the sound of a consonant, "an" before that of a vowel.
//!
//! Sounds are guessed from letters, so where letters mislead ("historic", "UNESCO") both articles go. To drop a word that
//! would be right costs its writer a few keys; to offer "an user" costs trust in all the rest.

/// How a word begins to the ear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    Vowel,
    Consonant,
    /// People differ, or the letters do not tell.
    Unsure,
}

/// Whether `word` may stand after `previous`, a word in lower case: always, unless that is the other article.
pub(super) fn agrees(previous: &str, word: &str) -> bool {
    match previous {
        "a" => sound(word) != Sound::Vowel,
        "an" => sound(word) != Sound::Consonant,
        _ => true,
    }
}

/// Beginnings whose sound is not that of their first letter; the first that fits counts.
const EXCEPTIONS: &[(&str, Sound)] = &[
    ("hour", Sound::Vowel),
    ("honest", Sound::Vowel),
    ("honor", Sound::Vowel),
    ("honour", Sound::Vowel),
    ("heir", Sound::Vowel),
    ("hab", Sound::Unsure),
    ("hallu", Sound::Unsure),
    ("herb", Sound::Unsure),
    ("hist", Sound::Unsure),
    ("homage", Sound::Unsure),
    ("hotel", Sound::Unsure),
    ("hyst", Sound::Unsure),
    ("eu", Sound::Consonant),
    ("ewe", Sound::Consonant),
    ("one", Sound::Unsure), // "one", but "onerous"
    ("once", Sound::Consonant),
    ("oui", Sound::Unsure),
    ("unin", Sound::Vowel),
    ("unim", Sound::Vowel),
    ("unid", Sound::Unsure), // "unidirectional", but "unidentified"
    ("uni", Sound::Consonant),
    ("ub", Sound::Unsure),
    ("ug", Sound::Unsure),
    ("uk", Sound::Consonant),
    ("ura", Sound::Consonant),
    ("ure", Sound::Consonant),
    ("uri", Sound::Consonant),
    ("uro", Sound::Consonant),
    ("usa", Sound::Consonant),
    ("use", Sound::Consonant),
    ("usu", Sound::Consonant),
    ("ute", Sound::Consonant),
    ("uti", Sound::Consonant),
    ("uto", Sound::Consonant),
    ("uv", Sound::Unsure),
    ("x", Sound::Unsure), // "x-ray", but "xylophone"
];

fn sound(word: &str) -> Sound {
    // Letters read one by one, or not: "an MBA", "a NASA engineer", "a B", "a u".
    let is_spelled = !word.chars().skip(1).any(char::is_lowercase);
    if is_spelled {
        return Sound::Unsure;
    }
    let folded = word.to_lowercase();
    let exception = EXCEPTIONS
        .iter()
        .find(|(start, _)| folded.starts_with(start));
    if let Some(&(_, sound)) = exception {
        return sound;
    }
    match folded.chars().next() {
        Some('a' | 'e' | 'i' | 'o' | 'u') => Sound::Vowel,
        Some(c) if c.is_ascii_alphabetic() => Sound::Consonant,
        _ => Sound::Unsure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_agree_with_what_is_heard() {
        let check = |words: &str, a: bool, an: bool| {
            for word in words.split(' ') {
                assert_eq!((agrees("a", word), agrees("an", word)), (a, an), "{word}");
            }
        };
        check(
            "house user unit universe European once Ukrainian year way usual utility",
            true,
            false,
        );
        check(
            "apple hour honest umbrella uninteresting urgent usher",
            false,
            true,
        );
        check("historic one MBA NASA B u x-ray \u{e9}lan", true, true);
        assert!(agrees("the", "apple") && agrees("the", "house"));
    }
}
