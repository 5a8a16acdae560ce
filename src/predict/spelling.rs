//! British and American spelling: suggestions follow the document.
//!
//! A network that has read both offers both. The writer uses one, and shows which with the first "colour". What was
//! written more often is offered, the other not at all: it would take a place in the menu from another word. `-ise` is
//! counted apart, since a British writer may well organize.

use super::casing;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Which side a spelling is on, and in which question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variety {
    is_american: bool,
    is_ize: bool,
}

/// How often a text has decided each question each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Habit {
    seen: [[u32; 2]; 2], // [other words, -ise and -ize][British, American]
}

/// The side of a word in lower case, if there are two ways to write it.
pub(super) fn variety(folded: &str) -> Option<Variety> {
    SPELLINGS.get(folded).map(|spelling| spelling.variety)
}

impl Habit {
    /// Reads a word of this variety.
    pub(super) fn add(&mut self, variety: Variety) {
        *self.of(variety) += 1;
    }

    /// Takes it back.
    pub(super) fn remove(&mut self, variety: Variety) {
        *self.of(variety) -= 1;
    }

    fn of(&mut self, variety: Variety) -> &mut u32 {
        &mut self.seen[usize::from(variety.is_ize)][usize::from(variety.is_american)]
    }

    /// How often words were written as this side writes them, and as the other does, as far as that tells about it.
    fn votes(&self, variety: Variety) -> (u32, u32) {
        let [other, ize] = self.seen;
        let [british, american] = match variety.is_ize {
            // "organize" says nothing about "colour", but "color" says something about "organise".
            true if ize == [0, 0] => other,
            true => ize,
            false => other,
        };
        match variety.is_american {
            true => (american, british),
            false => (british, american),
        }
    }

    /// Whether the document writes this word, in lower case, the other way.
    pub(super) fn is_against(&self, folded: &str) -> bool {
        self.seen != [[0; 2]; 2]
            && variety(folded).is_some_and(|variety| {
                let (own, against) = self.votes(variety);
                own < against
            })
    }

    /// Makes candidates that the document would write the other way into what it would write.
    pub(super) fn follow(&self, candidates: &mut HashMap<String, f32>, typed: &str) {
        if self.seen == [[0; 2]; 2] {
            return;
        }
        let disliked: Vec<String> = candidates
            .keys()
            .filter(|text| self.is_against(&text.to_lowercase()))
            .cloned()
            .collect();
        for text in disliked {
            let folded = text.to_lowercase();
            let Some(spelling) = SPELLINGS.get(&folded) else {
                continue;
            };
            let liked = match text.chars().next().is_some_and(char::is_uppercase) {
                true if text.to_uppercase() == text => spelling.other.to_uppercase(),
                true => casing::capitalized(&spelling.other),
                false => spelling.other.clone(),
            };
            // Who has typed "color" means it.
            if !liked.starts_with(typed) {
                continue;
            }
            let p = candidates.remove(&text).unwrap_or_default();
            *candidates.entry(liked).or_default() += p;
        }
    }
}

#[derive(Debug)]
struct Spelling {
    variety: Variety,
    other: String,
}

/// All words with two spellings, both ways.
static SPELLINGS: LazyLock<HashMap<String, Spelling>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    let mut add = |british: String, american: String, is_ize: bool| {
        let sides = [(false, &british, &american), (true, &american, &british)];
        for (is_american, word, other) in sides {
            let variety = Variety {
                is_american,
                is_ize,
            };
            let other = other.clone();
            all.insert(word.clone(), Spelling { variety, other });
        }
    };
    for stem in OUR.split_whitespace() {
        for ending in OUR_ENDINGS.split(' ') {
            add(
                format!("{stem}our{ending}"),
                format!("{stem}or{ending}"),
                false,
            );
        }
    }
    for stem in ISE.split_whitespace() {
        for ending in ISE_ENDINGS.split(' ') {
            add(
                format!("{stem}is{ending}"),
                format!("{stem}iz{ending}"),
                true,
            );
        }
    }
    for stem in YSE.split_whitespace() {
        for ending in ["e", "ed", "es", "er", "ers", "ing"] {
            add(
                format!("{stem}ys{ending}"),
                format!("{stem}yz{ending}"),
                false,
            );
        }
    }
    for stem in DOUBLED.split_whitespace() {
        for ending in ["ed", "ing", "er", "ers"] {
            add(format!("{stem}l{ending}"), format!("{stem}{ending}"), false);
        }
    }
    for pair in PAIRS.split_whitespace() {
        let (british, american) = pair.split_once('/').expect("two words a pair");
        add(british.to_owned(), american.to_owned(), false);
        add(format!("{british}s"), format!("{american}s"), false);
    }
    all
});

/// Before -our and -or. Other derivatives are written alike: humorous, laboratory, honorary.
const OUR: &str = "arb ard arm behavi cand clam col discol demean endeav fav unfav ferv flav harb hon dishon hum lab \
    misbehavi neighb od parl ranc rig rum sav splend succ tum val vap vig";
const OUR_ENDINGS: &str =
    " s 's ed ing ings er ers able ably ful fully less y ies hood hoods ite ites al ally ist";

/// Before -ise and -ize.
const ISE: &str = "actual agon alphabet anonym antagon apolog author brutal capital categor central character civil \
    colon commercial computer crystall custom democrat demon digit dramat econom emphas energ equal external familiar \
    fantas fertil final formal fratern galvan general global harmon hospital hypothes ideal immun individual \
    industrial initial internal international item jeopard legal legitim liberal local marginal material maxim mechan \
    memor mesmer minim mobil modern modular monet monopol natural neutral normal optim organ reorgan disorgan parallel \
    patron penal personal polar popular pressur priorit privat public pulver random rational real recogn \
    revolution sanit scrutin sensit serial social special stabil standard stigmat subsid summar symbol sympath \
    synchron synthes tantal terror theor token trivial union urban util vandal verbal victim visual vital vocal western";
const ISE_ENDINGS: &str = "e ed es er ers ing able ation ations ational";

/// Before -yse and -yze.
const YSE: &str = "anal paral catal psychoanal reanal";

/// Words whose last l is doubled in Britain only.
const DOUBLED: &str = "cancel channel counsel dial fuel funnel initial label level marvel model quarrel signal snorkel \
    total travel tunnel";

/// The rest; an s may follow.
const PAIRS: &str = "centre/center theatre/theater litre/liter kilometre/kilometer centimetre/centimeter \
    millimetre/millimeter fibre/fiber calibre/caliber sombre/somber lustre/luster spectre/specter meagre/meager \
    sabre/saber centred/centered defence/defense offence/offense pretence/pretense grey/gray greyer/grayer \
    plough/plow sceptic/skeptic sceptical/skeptical scepticism/skepticism mould/mold mouldy/moldy \
    moustache/mustache pyjama/pajama skilful/skillful wilful/willful fulfil/fulfill fulfilment/fulfillment \
    instalment/installment enrol/enroll enrolment/enrollment manoeuvre/maneuver encyclopaedia/encyclopedia \
    paediatric/pediatric anaemia/anemia anaesthetic/anesthetic oestrogen/estrogen haemoglobin/hemoglobin \
    leukaemia/leukemia diarrhoea/diarrhea aluminium/aluminum artefact/artifact cosy/cozy ageing/aging \
    jewellery/jewelry jeweller/jeweler acknowledgement/acknowledgment judgement/judgment mum/mom catalogue/catalog \
    aeroplane/airplane sulphur/sulfur marvellous/marvelous tranquillity/tranquility chilli/chili";

#[cfg(test)]
mod tests {
    use super::*;

    fn habit(text: &str) -> Habit {
        let mut habit = Habit::default();
        text.split(' ')
            .filter_map(variety)
            .for_each(|side| habit.add(side));
        habit
    }

    #[test]
    fn some_words_have_two_spellings() {
        let check = |word: &str, is_american: Option<bool>| {
            assert_eq!(
                variety(word).map(|variety| variety.is_american),
                is_american,
                "{word}"
            );
        };
        check("colour", Some(false));
        check("neighborhood", Some(true));
        check("organisation", Some(false));
        check("recognized", Some(true));
        check("travelling", Some(false));
        check("theaters", Some(true));
        for alike in [
            "humorous",
            "honorary",
            "laboratory",
            "advise",
            "size",
            "hour",
            "four",
            "for",
            "the",
            "dialed-in",
        ] {
            check(alike, None);
        }
    }

    #[test]
    fn what_was_written_decides() {
        let check = |text: &str, word: &str, is_against: bool| {
            assert_eq!(
                habit(text).is_against(word),
                is_against,
                "{word} after {text}"
            );
        };
        check("a plain text", "color", false);
        check("the colour", "color", true);
        check("the colour", "colour", false);
        check("the color", "colour", true);
        check("color and colour", "colour", false);
        check("colour", "organize", true);
        check("colour organize", "organize", false);
        check("organize", "colour", false);
    }

    #[test]
    fn a_word_takes_the_spelling_of_the_document() {
        let follow = |text: &str, typed: &str, candidates: &[(&str, f32)]| {
            let mut all: HashMap<String, f32> = candidates
                .iter()
                .map(|&(word, p)| (word.to_owned(), p))
                .collect();
            habit(text).follow(&mut all, typed);
            let mut all: Vec<(String, f32)> = all.into_iter().collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1));
            let sum: f32 = all.iter().map(|(_, p)| p).sum();
            let before: f32 = candidates.iter().map(|(_, p)| p).sum();
            assert!((sum - before).abs() < 1e-6);
            all.into_iter().map(|(word, _)| word).collect::<Vec<_>>()
        };
        let two = [("neighbor", 0.5), ("neighbour", 0.2)];
        assert_eq!(follow("a text", "nei", &two)[0], "neighbor");
        assert_eq!(follow("colour", "nei", &two)[0], "neighbour");
        assert_eq!(
            follow("colour", "Nei", &[("Neighbor", 0.5)])[0],
            "Neighbour"
        );
        assert_eq!(
            follow("colour", "neighbo", &[("NEIGHBOR", 0.5)])[0],
            "NEIGHBOR"
        );
        assert_eq!(
            follow("colour", "neighbor", &[("neighbors", 0.5)]),
            ["neighbors"]
        );
    }
}
