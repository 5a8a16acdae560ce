//! The words of several tokens that stood in the training text: a tree of tokens, used where it lies in the file.
//!
//! Pieces can be put together to more words than there are. The network gives most of them a little, and for a rare beginning
//! the sum of that little is most of what it gives: "polygonic" and "polygamre" before "polygon". Words that were read are
//! offered, and others only where the writer has written them.
//!
//! ```text
//! nodes   for each beginning of a word, and for the end: its first child, and its first child's node (32 bits each)
//! tokens  the children: first those after which the word goes on, which are nodes in this order, then those that end it
//! shares  which share of the words that begin so each child has: 2^(-x/16)
//! ```
//!
//! Node 0 is the empty beginning; its children ascend. Those of all others come in the order of their shares.
//!
//! Compounds stand in the same tree: "third-party" is a word of one token, a hyphen that touches both sides, and another word.
//! Each ends with the token [`ENDED`], and so does the word that it begins with, which tells how often nothing hangs on it.

use std::collections::VecDeque;
use std::sync::LazyLock;

use crate::text::TokenId;

/// The largest vocabulary: children have 16 bits.
pub const LARGEST_VOCABULARY: usize = 1 << 16;
/// Steps of a share for each halving.
const STEPS: f32 = 16.0;
/// The share that each byte stands for.
static SHARES: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|x| (-(x as f32) / STEPS).exp2()));
/// Children looked at: of each kind, the ones with the largest shares.
const LOOKED_AT: usize = 256;
/// Behind the last token of a compound, and of a word that compounds begin with.
pub const ENDED: TokenId = TokenId::DOC;
/// What hangs on a word less often than in this share of its occurrences is not looked for...
const LEAST_SHARE: f32 = 0.005;
/// ...nor what has more tokens; nor more beginnings of it than this, whatever a damaged file says.
const LONGEST_REST: usize = 12;
const MOST_BEGINNINGS: usize = 512;

/// The tree, borrowed from the file.
#[derive(Clone, Copy, Debug)]
pub struct KnownWords<'a> {
    pub(super) nodes: &'a [u32],
    pub(super) tokens: &'a [u16],
    pub(super) shares: &'a [u8],
}

/// A beginning of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node(u32);

/// What may come after a beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Child {
    /// The token.
    pub token: TokenId,
    /// Its share of the occurrences.
    pub share: f32,
    /// Where the word goes on; `None` if the token ends it.
    pub node: Option<Node>,
}

impl<'a> KnownWords<'a> {
    /// The words that begin with this token and go on.
    pub fn after(&self, first: TokenId) -> Option<Node> {
        let (children, going_on, node) = self.span(Node(0))?;
        let tokens = self.tokens.get(children..children + going_on)?;
        let at = tokens.binary_search(&u16::try_from(first.0).ok()?).ok()?;
        Some(Node(node + at as u32))
    }

    /// What may come next, at most [`LOOKED_AT`] that go on and as many that end the word.
    pub fn children(&self, node: Node) -> impl Iterator<Item = Child> + use<'a> {
        let (first, going_on, below) = self.span(node).unwrap_or_default();
        let end = self.span(Node(node.0 + 1)).map_or(first, |(end, ..)| end);
        let (tokens, shares) = (self.tokens, self.shares);
        let table = &*SHARES;
        let child = move |at: usize, node: Option<Node>| {
            Some(Child {
                token: TokenId(u32::from(*tokens.get(at)?)),
                share: table[usize::from(*shares.get(at)?)],
                node,
            })
        };
        let going = (0..going_on.min(LOOKED_AT))
            .filter_map(move |i| child(first + i, Some(Node(below + i as u32))));
        let ending = (first + going_on..end.max(first + going_on))
            .take(LOOKED_AT)
            .filter_map(move |at| child(at, None));
        going.chain(ending)
    }

    /// What hangs on a word of one token, as tokens, and in which share of its occurrences.
    pub fn rests(&self, first: TokenId) -> Vec<(Vec<TokenId>, f32)> {
        let mut rests = Vec::new();
        let mut beginnings: Vec<(Node, Vec<TokenId>, f32)> = Vec::new();
        beginnings.extend(self.after(first).map(|node| (node, Vec::new(), 1.0)));
        for _ in 0..MOST_BEGINNINGS {
            let Some((node, tokens, share)) = beginnings.pop() else {
                break;
            };
            for child in self.children(node) {
                let share = share * child.share;
                if share < LEAST_SHARE {
                    continue;
                }
                match child.node {
                    None if child.token == ENDED && !tokens.is_empty() => {
                        rests.push((tokens.clone(), share));
                    }
                    Some(node) if tokens.len() < LONGEST_REST => {
                        let longer = [&tokens[..], &[child.token]].concat();
                        beginnings.push((node, longer, share));
                    }
                    _ => {}
                }
            }
        }
        rests
    }

    /// Number of words and of beginnings.
    pub fn len(&self) -> (usize, usize) {
        let beginnings = (self.nodes.len() / 2).saturating_sub(2);
        (
            self.tokens.len() - beginnings.min(self.tokens.len()),
            beginnings,
        )
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// A node's first child, how many children are nodes, and the first of these.
    fn span(&self, node: Node) -> Option<(usize, usize, u32)> {
        let at = 2 * node.0 as usize;
        let &[first, below] = self.nodes.get(at..at + 2)? else {
            return None;
        };
        let next = self.nodes.get(at + 3).copied().unwrap_or(below);
        Some((first as usize, next.saturating_sub(below) as usize, below))
    }

    /// Whether all that the tree says of itself agrees: `None`, or what is wrong.
    pub(super) fn check(&self, vocabulary: usize) -> Result<(), String> {
        let (nodes, tokens) = (self.nodes.len() / 2, self.tokens.len());
        let pairs = || self.nodes.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        if nodes < 2 || pairs().next() != Some((0, 1)) {
            return Err("known.nodes starts with no root".to_owned());
        }
        if pairs().next_back() != Some((tokens as u32, nodes as u32 - 1)) {
            return Err(format!(
                "known.nodes ends elsewhere than after {tokens} children and {} nodes",
                nodes - 1
            ));
        }
        let grows = pairs()
            .zip(pairs().skip(1))
            .all(|(a, b)| a.0 <= b.0 && a.1 <= b.1 && b.1 - a.1 <= b.0 - a.0);
        match (grows, self.tokens.iter().max()) {
            (false, _) => Err("known.nodes does not ascend".to_owned()),
            (true, Some(&id)) if usize::from(id) >= vocabulary => Err(format!(
                "known.tokens has token {id}, expected less than {vocabulary}"
            )),
            _ => Ok(()),
        }
    }
}

/// A tree, owned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordTree {
    pub(super) nodes: Vec<u32>,
    pub(super) tokens: Vec<u16>,
    pub(super) shares: Vec<u8>,
}

impl WordTree {
    /// From words of two tokens or more, and how often each was seen.
    pub fn new(mut words: Vec<(Vec<u16>, u64)>) -> WordTree {
        words.sort_unstable();
        words.dedup_by(|a, b| a.0 == b.0);
        let mut tree = WordTree::default();
        let mut below = 1;
        // Nodes in the order in which their parents name them: the words that share a beginning of so many tokens.
        let mut queue = VecDeque::from([(0, &words[..])]);
        while let Some((depth, words)) = queue.pop_front() {
            tree.nodes.extend([tree.tokens.len() as u32, below]);
            let all = sum(words).max(1) as f32;
            let groups = words.chunk_by(|a, b| a.0.get(depth) == b.0.get(depth));
            let mut children: Vec<_> = groups
                .filter_map(|group| {
                    let token = *group[0].0.get(depth)?;
                    // A token that ends words never goes on, so a group is one word or a beginning.
                    let goes_on = group[0].0.len() > depth + 1;
                    Some((goes_on, sum(group), token, group))
                })
                .collect();
            if depth > 0 {
                children
                    .sort_by_key(|&(goes_on, seen, token, _)| (!goes_on, u64::MAX - seen, token));
            } else {
                children.retain(|&(goes_on, ..)| goes_on);
            }
            for (goes_on, seen, token, group) in children {
                let share = -STEPS * (seen.max(1) as f32 / all).log2();
                tree.tokens.push(token);
                tree.shares.push(share.round().clamp(0.0, 255.0) as u8);
                if goes_on {
                    below += 1;
                    queue.push_back((depth + 1, group));
                }
            }
        }
        tree.nodes.extend([tree.tokens.len() as u32, below]);
        tree
    }

    /// As it is used.
    pub fn view(&self) -> KnownWords<'_> {
        KnownWords {
            nodes: &self.nodes,
            tokens: &self.tokens,
            shares: &self.shares,
        }
    }
}

fn sum(words: &[(Vec<u16>, u64)]) -> u64 {
    words.iter().map(|(_, seen)| seen).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(words: &[(&[u16], u64)]) -> WordTree {
        WordTree::new(
            words
                .iter()
                .map(|&(word, seen)| (word.to_vec(), seen))
                .collect(),
        )
    }

    /// All words below a node.
    fn words(known: KnownWords<'_>, node: Node, before: &[u32]) -> Vec<Vec<u32>> {
        let below = known.children(node).flat_map(|child| {
            let word = [before, &[child.token.0]].concat();
            match child.node {
                Some(node) => words(known, node, &word),
                None => vec![word],
            }
        });
        below.collect()
    }

    #[test]
    fn what_goes_in_comes_out() {
        let tree = tree(&[
            (&[7, 8, 1], 4),
            (&[7, 2], 1),
            (&[7, 8, 3], 8),
            (&[5, 1], 2),
            (&[7, 1], 3),
        ]);
        let known = tree.view();
        known.check(9).expect("a tree that was just made");
        assert_eq!(known.len(), (5, 3));
        let below = |first: u32| {
            known
                .after(TokenId(first))
                .map(|node| words(known, node, &[first]))
        };
        assert_eq!(below(5), Some(vec![vec![5, 1]]));
        assert_eq!(
            below(7),
            Some(vec![vec![7, 8, 3], vec![7, 8, 1], vec![7, 1], vec![7, 2]])
        );
        assert_eq!(below(8), None);
        assert_eq!(below(70_000), None);
        let seven = known.after(TokenId(7)).expect("two words");
        let shares: Vec<f32> = known.children(seven).map(|child| child.share).collect();
        assert!((shares[0] - 0.75).abs() < 0.03 && (shares.iter().sum::<f32>() - 1.0).abs() < 0.05);
    }

    #[test]
    fn what_hangs_on_a_word() {
        let (end, joint) = (ENDED.0 as u16, 9);
        let tree = tree(&[
            (&[7, end], 6),
            (&[7, joint, 1, end], 3),
            (&[7, joint, 1, joint, 7, end], 1),
            (&[8, joint, 1, end], 1),
        ]);
        tree.view().check(10).expect("a tree that was just made");
        let rests = |first: u32| {
            let found = tree.view().rests(TokenId(first)).into_iter();
            let mut found: Vec<(Vec<u32>, f32)> = found
                .map(|(tokens, share)| (tokens.iter().map(|id| id.0).collect(), share))
                .collect();
            found.sort_by(|a, b| a.0.cmp(&b.0));
            found
        };
        let of_seven = rests(7);
        let texts: Vec<&[u32]> = of_seven.iter().map(|(tokens, _)| &tokens[..]).collect();
        assert_eq!(texts, [&[9, 1][..], &[9, 1, 9, 7]]);
        assert!((of_seven[0].1 - 0.3).abs() < 0.02 && (of_seven[1].1 - 0.1).abs() < 0.01);
        assert_eq!(rests(8), [(vec![9, 1], 1.0)]);
        assert_eq!(rests(1), []);
    }

    #[test]
    fn none_is_a_tree_too() {
        let tree = tree(&[]);
        assert!(tree.view().is_empty());
        assert_eq!(tree.view().after(TokenId(1)), None);
        tree.view().check(9).expect("an empty tree");
    }

    #[test]
    fn damage_is_noticed_and_does_no_harm() {
        let whole = tree(&[(&[7, 8, 1], 4), (&[7, 2], 1), (&[5, 1], 2)]);
        assert!(whole.view().check(8).is_err());
        for at in 0..whole.nodes.len() {
            for value in [0, 3, 77, u32::MAX] {
                let mut broken = whole.clone();
                broken.nodes[at] = value;
                if broken == whole {
                    continue;
                }
                let _ = broken.view().check(9);
                for node in 0..9 {
                    assert!(broken.view().children(Node(node)).count() <= 2 * LOOKED_AT);
                    broken.view().rests(TokenId(node));
                }
            }
        }
    }
}
