//! Upper and lower case: what a candidate becomes under the letters that are typed.

/// What the typed letters say about case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typed {
    Nothing,
    Lower,
    /// A capital, then lower-case letters or nothing.
    Capital,
    /// Two capitals or more and nothing else.
    Upper,
    /// Anything else: `iPh`, `McD`.
    Mixed,
}

/// What remains of a candidate's probability where a capital was typed that the candidate does not have: a title,
/// a heading, the start of a sentence that was not seen as one.
const CAPITAL_SLIP: f32 = 0.1;
/// What remains where lower case was typed and the candidate has a capital.
const LOWER_SLIP: f32 = 0.05;

/// How well a candidate's case agrees with the letters typed, as a factor of its probability; 0 if the letters
/// themselves disagree. Looks only as far as both go.
pub(super) fn agreement(text: &str, typed: &str) -> f32 {
    if text.starts_with(typed) || typed.starts_with(text) {
        return 1.0;
    }
    let (mut capital, mut lower) = (1.0, 1.0);
    for (a, b) in text.chars().zip(typed.chars()) {
        if a == b {
            continue;
        }
        if !a.to_lowercase().eq(b.to_lowercase()) {
            return 0.0;
        }
        if b.is_uppercase() {
            capital = CAPITAL_SLIP;
        } else {
            lower = LOWER_SLIP;
        }
    }
    capital * lower
}

/// The candidate `form` as it continues `typed`; `None` if it does not continue it. `is_word` tells whether a
/// lower-case form is a word of its own: then lower-case letters mean that word (`the`), else they are a name begun
/// carelessly (`paris` becomes `Paris`).
pub(super) fn fit(form: &str, typed: &str, is_word: impl Fn(&str) -> bool) -> Option<String> {
    if form.starts_with(typed) {
        return Some(form.to_owned());
    }
    if !starts_with_folded(form, typed) {
        return None;
    }
    Some(match case_of(typed) {
        Typed::Upper => form.to_uppercase(),
        Typed::Capital => capitalized(form),
        Typed::Lower => {
            let lower = form.to_lowercase();
            if is_word(&lower) {
                lower
            } else {
                form.to_owned()
            }
        }
        Typed::Mixed | Typed::Nothing => form.to_owned(),
    })
}

/// With a capital first letter.
pub(super) fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// Whether `text` starts with `prefix` when case is ignored.
pub(super) fn starts_with_folded(text: &str, prefix: &str) -> bool {
    // Nearly all that is asked disagrees in the first letter.
    if let (Some(a), Some(b)) = (text.bytes().next(), prefix.bytes().next())
        && a.is_ascii()
        && b.is_ascii()
        && !a.eq_ignore_ascii_case(&b)
    {
        return false;
    }
    let mut text = text.chars().flat_map(char::to_lowercase);
    prefix
        .chars()
        .flat_map(char::to_lowercase)
        .all(|c| text.next() == Some(c))
}

fn case_of(typed: &str) -> Typed {
    let letters = || typed.chars().filter(|c| c.is_alphabetic());
    let Some(first) = letters().next() else {
        return Typed::Nothing;
    };
    match (
        first.is_uppercase(),
        letters().skip(1).any(char::is_uppercase),
        letters().skip(1).any(|c| !c.is_uppercase()),
    ) {
        (false, false, _) => Typed::Lower,
        (true, false, _) => Typed::Capital,
        (true, true, false) => Typed::Upper,
        _ => Typed::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: &str, typed: &str, expected: &str) {
        let words = ["the", "may", "rest"];
        let got = fit(form, typed, |word| words.contains(&word));
        assert_eq!(
            got.as_deref(),
            (!expected.is_empty()).then_some(expected),
            "{form} after {typed:?}"
        );
    }

    #[test]
    fn candidates_follow_the_typed_case() {
        check("the", "", "the");
        check("the", "t", "the");
        check("the", "T", "The");
        check("the", "TH", "THE");
        check("The", "th", "the");
        check("Paris", "par", "Paris");
        check("USA", "US", "USA");
        check("user", "US", "USER");
        check("iPhone", "iPh", "iPhone");
        check("iPhone", "Iph", "IPhone");
        check("McDonald", "MCD", "MCDONALD");
        check("écoute", "É", "Écoute");
        check("the", "x", "");
        check("straße", "STRASS", "");
    }

    #[test]
    fn agreement_is_graded() {
        assert_eq!(agreement("the", "th"), 1.0);
        assert_eq!(agreement("t", "th"), 1.0);
        assert_eq!(agreement("the", "Th"), CAPITAL_SLIP);
        assert_eq!(agreement("The", "the"), LOWER_SLIP);
        assert_eq!(agreement("tHe", "The"), CAPITAL_SLIP * LOWER_SLIP);
        assert_eq!(agreement("the", "to"), 0.0);
    }
}
