//! What is never offered, however probable.
//!
//! A suggestion is the program's word, not the writer's: it must not put a slur into anyone's mouth, nor guess that a
//! doctor is a man. Writers can still type what they like.

use super::article;
use crate::text::Vocabulary;
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

/// The rules of a model's language: none are known but those of English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// As they stand here.
    English,
    /// None: "an der" is German, "nous nous" French, and what is a slur here is a word elsewhere.
    None,
}

impl Rules {
    /// Those for a model.
    pub(super) fn of(vocabulary: &Vocabulary) -> Rules {
        match vocabulary.is_english() {
            true => Rules::English,
            false => Rules::None,
        }
    }
}

/// Whether a word may be offered after `previous`, the word that stands right before, in lower case.
///
/// A word twice is a slip of the typing hand more often than meant ("the the"), and so is an article that does not agree.
pub(super) fn may_offer(rules: Rules, word: &str, previous: Option<&str>) -> bool {
    if rules == Rules::None {
        return true;
    }
    let folded = &*word.to_lowercase();
    let fits =
        previous.is_none_or(|previous| previous != folded && article::agrees(previous, word));
    let guesses_gender =
        GENDERED.contains(&folded) && previous.is_some_and(|word| ROLES.contains(&word));
    let is_blocked = |part: &str| !may_continue(rules, part) || BLOCKED.contains(part);
    fits && !folded.split(is_joint).any(is_blocked) && !guesses_gender
}

/// Whether anything may be offered once these letters, in lower case, are typed.
pub(super) fn may_continue(rules: Rules, folded: &str) -> bool {
    let is_begun = |stem: &String| folded.starts_with(stem.as_str());
    rules == Rules::None || !BLOCKED_STEMS.iter().any(is_begun)
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
            assert!(!may_offer(Rules::English, &rot13(word), None));
        }
        for stem in STEMS.split_whitespace() {
            assert!(!may_continue(Rules::English, &rot13(stem)));
        }
    }

    #[test]
    fn nor_are_compounds_of_them() {
        for word in WORDS.split_whitespace().chain(STEMS.split_whitespace()) {
            assert!(!may_offer(
                Rules::English,
                &format!("well-{}", rot13(word)),
                None
            ));
            assert!(!may_offer(
                Rules::English,
                &format!("{}-like", rot13(word)),
                None
            ));
        }
        assert!(may_offer(Rules::English, "well-known", None));
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
            assert_eq!(may_offer(Rules::English, word, None), expected, "{word}");
        }
        assert!(may_continue(Rules::English, "ni") && may_continue(Rules::English, "fa"));
    }

    #[test]
    fn no_word_comes_twice() {
        assert!(!may_offer(Rules::English, "the", Some("the")));
        assert!(!may_offer(Rules::English, "The", Some("the")));
        assert!(!may_offer(Rules::English, "apple", Some("a")));
        assert!(may_offer(Rules::English, "the", None));
    }

    #[test]
    fn other_languages_have_other_rules() {
        for (word, previous) in [("der", "an"), ("nous", "nous"), ("elle", "a")] {
            assert!(may_offer(Rules::None, word, Some(previous)));
        }
        for word in WORDS.split_whitespace().chain(STEMS.split_whitespace()) {
            assert!(may_offer(Rules::None, &rot13(word), None));
            assert!(may_continue(Rules::None, &rot13(word)));
        }
    }

    #[test]
    fn a_role_has_no_gender() {
        assert!(!may_offer(Rules::English, "he", Some("doctor")));
        assert!(!may_offer(Rules::English, "she", Some("nurse")));
        assert!(may_offer(Rules::English, "they", Some("doctor")));
        assert!(may_offer(Rules::English, "he", Some("said")));
    }
}
