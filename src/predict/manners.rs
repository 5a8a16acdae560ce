//! What is never offered, however probable.
//!
//! A suggestion is the program's word, not the writer's: it must not put a slur into anyone's mouth, nor guess that a
//! doctor is a man. Writers can still type what they like.

use super::article;
use crate::text::words::is_joint;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Words that start with one of these are never offered, and nothing is once one of them stands typed.
/// In ROT13, so that nobody has to read them.
const STEMS: &str = "phag qnexrl qnexvr sntt tbyyvjbt unyspnfgr wvtnobb xnssve xvxr zbatbybvq arterff avtt cvpxnavaa \
    enturnq erqfxva fnaqavt furznyr gbjryurnq genaavr genaal jrgonpx jvttre mvccreurnq";

/// These words themselves, also in ROT13.
const WORDS: &str = "puvax puvaxf pbba pbbaf qntb qntbf qlxr qlxrf snt sntf tbbx tbbxf ubaxvr ubaxvrf ubaxl vawha vawhaf \
    wnc wncf xenhg xenhgf arteb artebrf cnxv cnxvf cbynpx cbynpxf ergneq ergneqrq ergneqf fnzob fnzobf fyhg fyhgf \
    fyhggl fcvp fcvpx fcvpf fdhnj fdhnjf gneq gneqf juber juberq juberf jubevat jbc jbcf";

/// What a person does says nothing about who they are.
const ROLES: &[&str] = &[
    "accountant",
    "actor",
    "analyst",
    "architect",
    "artist",
    "assistant",
    "author",
    "boss",
    "builder",
    "carpenter",
    "ceo",
    "chef",
    "cleaner",
    "coach",
    "consultant",
    "cook",
    "dentist",
    "designer",
    "developer",
    "director",
    "doctor",
    "driver",
    "editor",
    "electrician",
    "employee",
    "engineer",
    "farmer",
    "hairdresser",
    "janitor",
    "journalist",
    "judge",
    "lawyer",
    "leader",
    "librarian",
    "maid",
    "manager",
    "mechanic",
    "minister",
    "nurse",
    "officer",
    "owner",
    "patient",
    "physician",
    "pilot",
    "plumber",
    "politician",
    "president",
    "professor",
    "programmer",
    "psychologist",
    "receptionist",
    "researcher",
    "scientist",
    "secretary",
    "server",
    "soldier",
    "student",
    "surgeon",
    "teacher",
    "therapist",
    "user",
    "worker",
    "writer",
];

/// [`WORDS`], to look one up.
static BLOCKED: LazyLock<HashSet<String>> =
    LazyLock::new(|| WORDS.split_whitespace().map(rot13).collect());

/// [`STEMS`], likewise.
static BLOCKED_STEMS: LazyLock<Vec<String>> =
    LazyLock::new(|| STEMS.split_whitespace().map(rot13).collect());

const GENDERED: &[&str] = &[
    "he", "him", "himself", "his", "she", "her", "hers", "herself", "he's", "she's", "he'd",
    "she'd", "he'll", "she'll",
];

/// Whether a word may be offered after `previous`, the word that stands right before, in lower case.
///
/// A word twice is a slip of the typing hand more often than meant ("the the"), and so is an article that does not agree.
pub(super) fn may_offer(word: &str, previous: Option<&str>) -> bool {
    let folded = &*word.to_lowercase();
    let fits =
        previous.is_none_or(|previous| previous != folded && article::agrees(previous, word));
    let guesses_gender =
        GENDERED.contains(&folded) && previous.is_some_and(|word| ROLES.contains(&word));
    let is_blocked = |part: &str| !may_continue(part) || BLOCKED.contains(part);
    fits && !folded.split(is_joint).any(is_blocked) && !guesses_gender
}

/// Whether anything may be offered once these letters, in lower case, are typed.
pub(super) fn may_continue(folded: &str) -> bool {
    !BLOCKED_STEMS
        .iter()
        .any(|stem| folded.starts_with(stem.as_str()))
}

fn rot13(text: &str) -> String {
    let turn = |c: char| match c {
        'a'..='m' => (c as u8 + 13) as char,
        'n'..='z' => (c as u8 - 13) as char,
        _ => c,
    };
    text.chars().map(turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocked_words_are_not_offered() {
        for word in STEMS.split_whitespace().chain(WORDS.split_whitespace()) {
            assert!(!may_offer(&rot13(word), None));
        }
        for stem in STEMS.split_whitespace() {
            assert!(!may_continue(&rot13(stem)));
        }
    }

    #[test]
    fn nor_are_compounds_of_them() {
        for word in WORDS.split_whitespace().chain(STEMS.split_whitespace()) {
            assert!(!may_offer(&format!("well-{}", rot13(word)), None));
            assert!(!may_offer(&format!("{}-like", rot13(word)), None));
        }
        assert!(may_offer("well-known", None));
    }

    #[test]
    fn their_neighbors_are() {
        for word in [
            "the",
            "retardant",
            "spice",
            "cocoon",
            "raccoon",
            "japan",
            "scrap",
            "write",
            "faggio",
        ] {
            let expected = word != "faggio";
            assert_eq!(may_offer(word, None), expected, "{word}");
        }
        assert!(may_continue("ni") && may_continue("fa"));
    }

    #[test]
    fn no_word_comes_twice() {
        assert!(!may_offer("the", Some("the")));
        assert!(!may_offer("The", Some("the")));
        assert!(!may_offer("apple", Some("a")));
        assert!(may_offer("the", None));
    }

    #[test]
    fn a_role_has_no_gender() {
        assert!(!may_offer("he", Some("doctor")));
        assert!(!may_offer("she", Some("nurse")));
        assert!(may_offer("they", Some("doctor")));
        assert!(may_offer("he", Some("said")));
    }
}
