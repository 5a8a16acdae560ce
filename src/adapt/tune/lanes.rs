//! Windows of truncated BPTT over tokens in memory: lanes that start at different places of one text and go round in it.

use super::lesson::Tokens;
use crate::text::TokenId;
use crate::train::streams::Window;

/// Lanes over one text.
#[derive(Debug)]
pub(super) struct Lanes {
    tokens: Tokens,
    places: Vec<usize>, // of each lane
    is_first: bool,     // nothing was read yet
}

impl Lanes {
    /// `count` lanes, evenly apart. The text is not empty.
    pub(super) fn new(tokens: Tokens, count: usize) -> Lanes {
        let places = (0..count).map(|lane| lane * tokens.len() / count);
        Lanes {
            places: places.collect(),
            tokens,
            is_first: true,
        }
    }

    /// Windows of so many steps until each lane has come to where the next one started.
    pub(super) fn windows(&self, steps: usize) -> usize {
        (self.tokens.len() / self.places.len().max(1)).div_ceil(steps)
    }

    /// Fills a window, of which each lane is a column.
    pub(super) fn fill(&mut self, window: &mut Window) {
        let count = self.tokens.len();
        for (lane, place) in self.places.iter_mut().enumerate() {
            for step in 0..window.steps {
                let at = step * window.batch + lane;
                let input = self.tokens.inputs[*place];
                window.inputs[at] = input;
                window.targets[at] = self.tokens.targets[*place];
                window.starts[at] = input == TokenId::DOC.0 || self.is_first && step == 0;
                *place = (*place + 1) % count;
            }
        }
        self.is_first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::super::lesson::NONE;
    use super::*;

    #[test]
    fn lanes_read_all_of_it_and_go_round() {
        let mut tokens = Tokens::default();
        tokens.push(TokenId::DOC, NONE);
        (100..109).for_each(|id| tokens.push(TokenId(id), id));
        let mut lanes = Lanes::new(tokens, 2);
        assert_eq!(lanes.windows(3), 2);
        let mut window = Window::new(2, 3);
        let mut read = |window: &mut Window| {
            lanes.fill(window);
            let column = |lane: usize| window.inputs.iter().skip(lane).step_by(2).copied();
            (column(0).collect::<Vec<_>>(), column(1).collect::<Vec<_>>())
        };
        assert_eq!(read(&mut window), (vec![0, 100, 101], vec![104, 105, 106]));
        assert_eq!(window.targets, [100, 105, 101, 106, 102, 107]);
        assert_eq!(
            window.starts[..2],
            [true, true],
            "nothing stands before either lane"
        );
        assert_eq!(read(&mut window), (vec![102, 103, 104], vec![107, 108, 0]));
        assert_eq!(window.starts, [false, false, false, false, false, true]);
    }
}
