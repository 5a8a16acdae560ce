//! Prose by itself, without the document that it stood in.

use super::Break;

/// Paragraphs, with what stands before each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passage(pub Vec<(Break, String)>);

impl Passage {
    /// The end of these paragraphs, which come last one first: so many words, or all. `None` if there are none.
    pub fn end(paragraphs: impl Iterator<Item = (Break, String)>, words: usize) -> Option<Passage> {
        let mut end = Vec::new();
        let mut left = words;
        for (starts, text) in paragraphs {
            if left == 0 {
                break;
            }
            let mut starting = text
                .split_whitespace()
                .rev()
                .take(left)
                .inspect(|_| left -= 1);
            let Some(first) = starting.by_ref().last() else {
                continue;
            };
            let at = first.as_ptr() as usize - text.as_ptr() as usize;
            end.push((starts, text[at..].to_owned()));
        }
        end.reverse();
        (!end.is_empty()).then_some(Passage(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(words: usize) -> Option<Vec<String>> {
        let paragraphs = ["The last one.", "", "  The one before  it."].map(str::to_owned);
        let paragraphs = paragraphs.map(|text| (Break::Paragraph, text));
        let passage = Passage::end(paragraphs.into_iter(), words)?;
        Some(passage.0.into_iter().map(|(_, text)| text).collect())
    }

    #[test]
    fn the_end_has_so_many_words() {
        assert_eq!(end(0), None);
        assert_eq!(end(2).unwrap(), ["last one."]);
        assert_eq!(end(3).unwrap(), ["The last one."]);
        assert_eq!(end(5).unwrap(), ["before  it.", "The last one."]);
        assert_eq!(end(99).unwrap(), ["The one before  it.", "The last one."]);
    }
}
