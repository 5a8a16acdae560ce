//! Made-up prose of words that the tiny model knows: as much as is wanted, no paragraph twice, and with habits to learn.

/// So many words or a few more; another text for each seed.
pub(crate) fn prose(seed: usize, words: usize) -> String {
    let who = [
        "The old man",
        "She",
        "The quick brown fox",
        "Nobody",
        "The lazy dog",
        "He",
    ];
    let did = [
        "had been reading",
        "was there",
        "jumps over the house",
        "needs a word",
        "said that",
    ];
    let when = [
        "in the morning",
        "every day",
        "since the evening",
        "when the house was quiet",
    ];
    let why = [
        "and nobody knew why",
        "for the future of the world",
        "and the dog sleeps on",
    ];
    let mut text = String::new();
    let mut count = 0;
    for number in 0.. {
        if count >= words {
            break;
        }
        let mut at = number * 7919 + seed * 104_729;
        let mut pick = |of: &[&str]| {
            let chosen = of[at % of.len()].to_owned();
            at = at / of.len() + at % 13;
            chosen
        };
        let sentences: Vec<String> = (0..3)
            .map(|_| {
                format!(
                    "{} {} {}, {}.",
                    pick(&who),
                    pick(&did),
                    pick(&when),
                    pick(&why)
                )
            })
            .collect();
        let paragraph = format!("It was day {number}. {}", sentences.join(" "));
        count += paragraph.split_whitespace().count();
        text += &paragraph;
        text += "\n\n";
    }
    text
}
