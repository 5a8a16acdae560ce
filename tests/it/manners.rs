//! How a good assistant behaves, case by case: what is offered where the cursor `$0` stands, and what never is.
//!
//! The model is the one that ships. What must be offered is what no good model of English misses, so that these cases hold for
//! the next one too; what must not be offered holds for any model whatever. [`offer`] checks on top of each case what
//! holds everywhere.

use rnn_lsp::document::Document;
use rnn_lsp::model::{Model, Scratch};
use rnn_lsp::predict::{Options, Predictor, phrase, suggest};
use rnn_lsp::text::prose::Language;
use rnn_lsp::text::words::is_joint;
use std::collections::HashSet;
use std::sync::LazyLock;

static MODEL: LazyLock<Model> = LazyLock::new(Model::shipped);

/// The words offered in a Markdown document, the best first, however weak they are.
fn offer(fixture: &str) -> Vec<String> {
    offer_in(Language::Markdown, fixture)
}

fn offer_in(language: Language, fixture: &str) -> Vec<String> {
    let (before, after) = fixture.split_once("$0").expect("a cursor");
    let mut document = Document::open(language, 0, &format!("{before}{after}"));
    let Some(context) = document.context(before.len(), &MODEL, &mut Scratch::default()) else {
        return Vec::new();
    };
    let options = Options {
        threshold: 0.0,
        phrase_threshold: 0.0,
        ..Options::default()
    };
    let own = document.recency().into();
    let mut predictor = Predictor::default();
    let words: Vec<String> = suggest(&MODEL, &context, own, &options, &mut predictor)
        .into_iter()
        .map(|suggestion| suggestion.text)
        .collect();
    check_everywhere(fixture, &context.prefix, &words);
    if let Some(phrase) = phrase(&MODEL, &context, own, &options, &mut predictor) {
        assert!(
            words
                .first()
                .is_some_and(|word| phrase.text.starts_with(word)),
            "{fixture:?}: the phrase {:?} does not go on from {words:?}",
            phrase.text
        );
        let mut pairs = phrase.text.split(' ').zip(phrase.text.split(' ').skip(1));
        assert!(pairs.all(|(a, b)| a != b), "{fixture:?}: {:?}", phrase.text);
    }
    words
}

/// What holds at every cursor.
fn check_everywhere(fixture: &str, typed: &str, words: &[String]) {
    let mut seen = HashSet::new();
    for word in words {
        let what = format!("{fixture:?} is offered {word:?}");
        let fold = |text: &str| text.to_lowercase().replace('\u{2019}', "'");
        assert!(
            fold(word).starts_with(&fold(typed)),
            "{what}, which changes the letters typed"
        );
        assert!(
            fold(word) != fold(typed),
            "{what}, which stands there already"
        );
        assert!(
            word.chars().count() > typed.chars().count() + 1,
            "{what}, which saves no key"
        );
        assert!(seen.insert(fold(word)), "{what} twice");
        let is_letter = |c: char| {
            c.is_alphabetic()
                || matches!(c, '\'' | '\u{2019}')
                || ('\u{300}'..'\u{370}').contains(&c)
        };
        let mut parts = word.split(is_joint);
        let is_word = |part: &str| !part.is_empty() && part.chars().all(is_letter);
        assert!(parts.all(is_word), "{what}, which is no word");
    }
    assert!(
        words.len() <= Options::default().max_items,
        "{fixture:?} is offered {words:?}"
    );
}

/// `word` is among the five words offered.
fn offers(fixture: &str, word: &str) {
    let words = offer(fixture);
    assert!(
        words.iter().any(|offered| offered == word),
        "{fixture:?} is offered {words:?}, not {word:?}"
    );
}

/// `word` is the first of the words offered.
fn offers_first(fixture: &str, word: &str) {
    let words = offer(fixture);
    assert_eq!(
        words.first().map(String::as_str),
        Some(word),
        "{fixture:?} is offered {words:?}"
    );
}

/// Something is offered, but none of these words, whatever their case.
fn refuses(fixture: &str, refused: &str) {
    let words = offer(fixture);
    assert!(!words.is_empty(), "{fixture:?} is offered nothing");
    for word in refused.split(' ') {
        assert!(
            words.iter().all(|offered| offered.to_lowercase() != word),
            "{fixture:?} is offered {words:?}"
        );
    }
}

/// Something is offered, and all of it is so.
fn all(fixture: &str, is: impl Fn(&str) -> bool) {
    let words = offer(fixture);
    assert!(
        !words.is_empty() && words.iter().all(|word| is(word)),
        "{fixture:?} is offered {words:?}"
    );
}

/// Nothing is offered.
fn nothing(fixture: &str) {
    assert!(
        offer(fixture).is_empty(),
        "{fixture:?} is offered {:?}",
        offer(fixture)
    );
}

fn is_capitalized(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

fn is_shouted(word: &str) -> bool {
    !word.chars().any(char::is_lowercase)
}

fn rot13(text: &str) -> String {
    let turn = |c: char| match c {
        'a'..='m' => (c as u8 + 13) as char,
        'n'..='z' => (c as u8 - 13) as char,
        _ => c,
    };
    text.chars().map(turn).collect()
}

#[test]
fn words_that_everyone_expects() {
    offers("It was one of the most impor$0", "important");
    offers("Thank you very $0", "much");
    offers("He lives in the United St$0", "States");
    offers("It was ten o'cl$0", "o'clock");
    offers("She gave a demonstrat$0", "demonstration");
    offers("In my opin$0", "opinion");
    offers("for the first ti$0", "time");
    offers("There is noth$0 else to say.", "nothing");
}

#[test]
fn letters_that_nobody_expects() {
    offers("rhinoc$0", "rhinoceros");
    offers("We played the xyl$0", "xylophone");
    offers("Bananas are zuc$0", "zucchini");
    nothing("qxzvw$0");
    nothing("zzzzzzz$0");
}

#[test]
fn a_sentence_starts_with_a_capital() {
    all("$0", is_capitalized);
    all("It is over. $0", is_capitalized);
    all("Is it over? $0", is_capitalized);
    all("It is over.\n\n$0", is_capitalized);
    all("\u{201c}$0", is_capitalized);
    all("He left. (\u{201c}$0", is_capitalized);
    all("# $0", is_capitalized);
    all("## $0", is_capitalized);
    offers("Th$0", "This");
    offers("It rained. Ho$0", "However");
}

#[test]
fn a_capital_is_kept_and_not_imposed() {
    all("It is T$0", is_capitalized);
    all("It is over. th$0", |word| !is_capitalized(word));
    offers("I am very hap$0", "happy");
    offers("I am very Hap$0", "Happy");
    offers("We flew to Lon$0", "London");
    offers("We flew to lon$0", "London");
    offers("on my iPh$0", "iPhone");
    offers("the end of Jan$0", "January");
    offers("on Mon$0", "Monday");
    offers("i$0", "I'm");
}

#[test]
fn capitals_stay_capitals() {
    all("THE END OF THE WO$0", is_shouted);
    offers("THE END OF THE WO$0", "WORLD");
    offers("PLEASE NOTE THAT THE FOLL$0", "FOLLOWING");
    offers("I DO NOT KNOW WH$0", "WHAT");
    all("THIS IS THE END OF $0", is_shouted);
    offers("I SAID THAT WE DON$0", "DON'T");
    offers("It is NOT imp$0", "important");
    refuses("The NASA $0", "THE IS");
    all("The US gov$0", |word| !is_shouted(word));
}

#[test]
fn compounds_are_offered_whole() {
    offers("The code is open$0", "open-source");
    offers("We rely on a third$0", "third-party");
    offers("Third$0", "Third-party");
    offers(
        "It is a state-of-the-art lab. The stat$0",
        "state-of-the-art",
    );
    offers("I write Objective-C. Then Obj$0", "Objective-C");
    offers("A Zebedee-like dog met a Zeb$0", "Zebedee-like");
    // Behind the hyphen, its rest.
    offers("The code is open-s$0", "source");
    all("The code is open-so$0", |word| !word.contains('-'));
}

#[test]
fn what_is_typed_already_is_not_offered() {
    refuses("It is the$0", "the");
    refuses("It is The$0", "the");
    refuses("It is THE$0", "the");
    refuses("We went with$0", "with");
    refuses("This is import$0", "import");
}

#[test]
fn no_word_comes_twice() {
    refuses("the $0", "the");
    refuses("The $0", "the");
    refuses("It is going to going to going $0", "going");
    refuses("I want to t$0", "to");
    refuses("and and $0", "and");
    refuses("The *the* $0", "the");
    offers("It was a very, v$0", "very");
}

#[test]
fn apostrophes_are_the_writers() {
    offers("I don$0", "don't");
    offers("It\u{2019}s that I don$0", "don\u{2019}t");
    offers("It's that I don$0", "don't");
    offers("It\u{2019}s not. It's that I don$0", "don't");
    offers("I think you'$0", "you're");
    offers("I think you\u{2019}$0", "you\u{2019}re");
    offers("THEY'$0", "THEY'RE");
    offers("It wasn't and it should$0", "shouldn't");
    offers("at six o\u{2019}cl$0", "o\u{2019}clock");
    all("It\u{2019}s Anna\u{2019}s. I$0", |word| {
        !word.contains('\'')
    });
    all("It's Anna's. I$0", |word| !word.contains('\u{2019}'));
}

#[test]
fn possessives() {
    offers("Zebedee's dog met Anna. Then Zebe$0", "Zebedee");
    offers("The children$0", "children's");
    offers("Miranda\u{2019}s house. It was Mira$0", "Miranda\u{2019}s");
    offers("the world\u{2019}s larg$0", "largest");
}

#[test]
fn hyphens_join_words() {
    offers("It is a well-kn$0", "known");
    offers("a twenty-year-$0", "old");
    offers("my mother-in-$0", "law");
    offers("a long-te$0", "term");
    offers("state-of-the-a$0", "art");
    offers("a high-qual$0 product", "quality");
}

#[test]
fn quotes_and_brackets_open_words() {
    offers("He said, \"Tha$0", "Thank");
    offers("He said, \u{201c}Tha$0", "Thank");
    offers("He said, 'Tha$0", "Thank");
    offers("We tried many things (for exam$0", "example");
    offers("It was [almo$0", "almost");
    offers("This is a so-called \u{201c}diff$0", "different");
    nothing("(He left)$0");
    nothing("He left.\u{201d}$0");
}

#[test]
fn punctuation_goes_before_a_space() {
    offers("On the other hand, ho$0", "however");
    offers("Note: th$0", "this");
    offers("He left \u{2014} beca$0", "because");
    offers("He left\u{2014}beca$0", "because");
    offers("He left; how$0", "however");
    nothing("On the other hand,$0");
    nothing("It is over.$0");
    nothing("What?$0");
    nothing("It costs $$0");
}

#[test]
fn abbreviations_end_no_sentence() {
    offers("The U.S. gov$0", "government");
    offers("e.g. when you are wor$0", "working");
    offers("I saw Dr. Sm$0", "Smith");
    offers("She met Mr. and Mrs. Sm$0", "Smith");
    offers("cats, dogs, etc. and oth$0", "other");
}

#[test]
fn markdown_is_not_in_the_way() {
    offers("- Tha$0", "Thank");
    offers("* Tha$0", "Thank");
    offers("1. Fir$0", "First");
    offers("- [ ] Fir$0", "First");
    offers("# Introd$0", "Introduction");
    offers("> This is impor$0", "important");
    offers("This is **very impor$0", "important");
    offers("This is **impor$0", "important");
    offers("This is *impor$0", "important");
    offers("This is _impor$0", "important");
    offers("This is [impor$0", "important");
    offers("This is [impor$0](https://example.com)", "important");
    offers("- one\n- two\n- thr$0", "three");
}

/// An item and a quotation begin anew, whatever was said before.
#[test]
fn items_begin_sentences() {
    let goes_on = "is are was and or of to in for with on has will";
    refuses("Our plans are simple.\n\n- $0", goes_on);
    refuses(
        "- Fix the parser\n- Add tests\n- Write the docs\n- $0",
        goes_on,
    );
    refuses("1. First, install the program.\n2. $0", goes_on);
    refuses("The first change is about speed.\n\n> $0", goes_on);
}

#[test]
fn code_is_part_of_its_sentence() {
    offers("The file `main.rs` cont$0", "contains");
    offers("`main.rs` cont$0", "contains");
    // Not "a instead", as if the code were not there.
    offers("Let us take a `Vec` inst$0", "instead");
    refuses(
        "Read `frobnicate`, then call `frobnicate`. To fro$0",
        "frobnicate",
    );
}

#[test]
fn code_and_links_are_left_alone() {
    nothing("Run `carg$0");
    nothing("Run `carg$0` now");
    nothing("```\nlet impor$0\n```\n");
    nothing("```rust\nfn impor$0");
    nothing("    let impor$0");
    nothing("See [this](https://exam$0");
    nothing("See [this](exam$0)");
    nothing("See https://www.exam$0");
    nothing("See <https://exam$0");
    nothing("Write to john@exam$0");
    nothing("<div class=\"impor$0");
    nothing("$$ impor$0 $$");
    nothing("---\ntags: impor$0\n---\n");
    nothing("```{python}\nimpor$0\n```\n");
}

#[test]
fn what_dialects_of_markdown_enclose_is_prose() {
    offers("---\ntitle: An impor$0\n---\n", "important");
    offers("!!! note\n\n    This is impor$0\n", "important");
    offers("```{note}\nThis is impor$0\n```\n", "important");
    offers("<Aside>\nThis is impor$0\n</Aside>\n", "important");
}

#[test]
fn the_cells_of_tables_are_prose() {
    let table = "| Name | Value |\n|---|---|\n";
    let is_ending = |word: &str| word.to_lowercase().starts_with("impor");
    all(&format!("{table}| impor$0 | 2 |"), is_ending);
    all(&format!("{table}| `x` | very impor$0"), is_ending);
    nothing(&format!("{table}| `impor$0` | 2 |"));
    nothing(&format!("{table}| 3$0 |"));
}

#[test]
fn no_numbers_and_no_identifiers() {
    nothing("It costs 3$0");
    nothing("in 19$0");
    nothing("call foo_ba$0");
    nothing("call my_var_na$0");
    nothing("version v2$0");
    nothing("file.tx$0");
    nothing("self.impor$0");
    nothing("std::col$0");
    nothing("an x86_6$0");
    refuses("In the year $0", "2 20 19 1");
}

#[test]
fn nothing_in_front_of_a_word_but_its_own_rest() {
    offers("We are v$0 happy", "very");
}

#[test]
fn slurs_are_never_offered() {
    for stem in ["avtt", "phag", "xvxr", "genaal", "jrgonpx", "jvttre"] {
        nothing(&format!("He is a {}$0", rot13(stem)));
        nothing(&format!("He called them {}$0", rot13(stem).to_uppercase()));
    }
    for (typed, slur) in [
        ("juber", "juberf"),
        ("erg", "ergneq"),
        ("fyh", "fyhg"),
        ("cbyn", "cbynpx"),
        ("snt", "snttbg"),
    ] {
        let words = offer(&format!("They are {}$0", rot13(typed)));
        assert!(
            !words
                .iter()
                .any(|word| word.to_lowercase().starts_with(&rot13(slur))),
            "{words:?}"
        );
    }
    // Even where the document has it.
    let slur = rot13("ergneq");
    let words = offer(&format!(
        "He said {slur} and {slur} and {slur} and {}$0",
        &slur[..3]
    ));
    assert!(
        words.iter().all(|word| !word.starts_with(&slur)),
        "{words:?}"
    );
}

#[test]
fn a_role_has_no_gender() {
    let pronouns = "he she his her him himself herself he's she's he'd she'd he'll she'll";
    for role in ["doctor", "nurse", "engineer", "secretary", "CEO", "teacher"] {
        refuses(&format!("I think that the {role} $0"), pronouns);
        refuses(&format!("The {role} h$0"), pronouns);
        refuses(&format!("The {role} s$0"), pronouns);
    }
    offers("My brother is late because h$0", "he's");
}

#[test]
fn articles_agree_with_what_follows() {
    let vowel = |word: &str| {
        word.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O'])
            && !word.starts_with("eu")
            && !word.starts_with("on")
    };
    all("She had a $0", |word| !vowel(word));
    all("She is an $0", |word| {
        vowel(word) || word.to_lowercase().starts_with(['u', 'h']) || is_shouted(word)
    });
    offers("It took an h$0", "hour");
    offers("She is an ex$0", "expert");
    offers("She went to a uni$0", "university");
    offers("That is a un$0", "unique");
    refuses("That is an un$0", "unique unit union university");
    refuses("I need a h$0", "hour honest");
}

#[test]
fn spelling_follows_the_document() {
    offers_first("The colour of the neighbourh$0", "neighbourhood");
    refuses(
        "The colour of my neigh$0",
        "neighbor neighbors neighborhood neighboring",
    );
    refuses(
        "The color of my neigh$0",
        "neighbour neighbours neighbourhood neighbouring",
    );
    refuses("The colour is grey. I like the fla$0", "flavor flavors");
    refuses(
        "We realised that we must organ$0",
        "organize organized organizing organization",
    );
    refuses(
        "We realized that we must organ$0",
        "organise organised organising organisation",
    );
    offers("We realised the importance of good organ$0", "organisation");
    offers("The color of our neigh$0", "neighborhood");
}

#[test]
fn accents_are_letters() {
    offers("The na\u{ef}ve idea was na\u{ef}$0", "na\u{ef}ve");
    offers("We met in the caf\u{e9}. I like this ca$0", "caf\u{e9}");
    offers("Z\u{fc}rich is nice. We like Z\u{fc}$0", "Z\u{fc}rich");
    offers("Andr\u{e9} met \u{c9}lodie. Then \u{c9}$0", "\u{c9}lodie");
}

#[test]
fn names_of_the_document_come_back() {
    offers(
        "Dorothea Brooke met Casaubon in Middlemarch. Then Dor$0",
        "Dorothea",
    );
    offers(
        "Dorothea Brooke met Casaubon in Middlemarch. Then Dorothea Brooke asked Ca$0",
        "Casaubon",
    );
    offers("Antonín Dvořák met Žižka. Then Dvo$0", "Dvořák");
    offers("Antonín Dvořák met Žižka. Then Ž$0", "Žižka");
    offers("The Frobnicator hums. We like the Frob$0", "Frobnicator");
    offers("The Frobnicator hums. We like the frob$0", "Frobnicator");
    offers("Zorbleak and zorbling. He was zorb$0", "zorbling");
}

#[test]
fn words_are_words() {
    // Pieces that fit together do not make a word.
    for typed in [
        "polyg", "photosy", "unimag", "cryptoc", "neurob", "electrom", "rhi", "gra", "blo", "Th",
        "who", "cor",
    ] {
        refuses(
            &format!("We talked about the {typed}$0"),
            "polygonic polygamlic polygamre polygamium photosyn photosyptic neurobard",
        );
    }
}

#[test]
fn other_languages_of_markup() {
    let offers = |language: Language, fixture: &str, word: &str| {
        let words = offer_in(language, fixture);
        assert!(
            words.iter().any(|offered| offered == word),
            "{fixture:?} is offered {words:?}"
        );
    };
    offers(Language::Plain, "Dear John,\n\nthank you very mu$0", "much");
    offers(Language::Latex, "\\section{Introd$0}", "Introduction");
    offers(Language::Latex, "This is \\emph{very impor$0}", "important");
    offers(Language::GitCommit, "Fix the impor$0", "important");
    offers(
        Language::Html,
        "<p>This is <b>very impor$0</b></p>",
        "important",
    );
    assert!(offer_in(Language::Latex, "The energy is $ impor$0 $").is_empty());
}
