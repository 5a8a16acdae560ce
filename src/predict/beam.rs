//! Words of several tokens: a small beam over tokens, held to the typed prefix.
//!
//! A word's probability is the product of its pieces' (the end-of-word mark makes that exact), so a hypothesis that is
//! already less probable than the last candidate worth showing can never come back: most requests expand nothing.
//! What was expanded for a state stays until the state changes; a further letter only filters.
//!
//! Where the model brings the words of several tokens that there are ([`KnownWords`]), hypotheses follow that tree: what
//! comes after one is a short list, which counts already put in order before the network has read the hypothesis. Without
//! them a hypothesis says nothing before it is read, and then all that the network thinks possible.

use super::casing;
use super::distribution::{Distribution, Place, Tables};
use crate::model::known::{KnownWords, Node};
use crate::model::{Model, Scratch, State};
use crate::text::{Kind, TokenId, Vocabulary};
use std::collections::HashMap;

/// Hypotheses that are read together: they share one pass over the weights.
const WIDTH: usize = 8;
/// Such passes of one request. With `WIDTH` it bounds the time of a request.
const ROUNDS: usize = 2;
/// Hypotheses kept for one state; the ones that were read hold a state each.
const CAPACITY: usize = 256;
/// A hypothesis that has not this share of what agrees with the prefix is not worth a step. Reading says little that counts did not
/// know: were nothing read, a tenth of a point of KSR-menu would be lost.
const FLOOR: f32 = 0.03;
/// One that has not this share is not looked at: with a tenth of it, keystrokes saved are the same, and there are four times
/// as many hypotheses.
const LEAST: f32 = 1e-3;
/// Completions of one hypothesis that are looked at...
const COMPLETIONS: usize = 12;
/// ...and words of all of them: more than any menu shows, so that the mixture has something to reorder.
const WORDS: usize = 48;
/// What the network thinks possible after a piece, where nothing else says so.
const POSSIBLE: f32 = 1e-4;
/// How far counts are trusted against the network that has read the context.
const COUNTS: f32 = 0.1;

/// The hypotheses of one state.
#[derive(Debug, Default)]
pub(super) struct Beam {
    hypotheses: Vec<Hypothesis>,    // parents stand before their children
    first: HashMap<TokenId, usize>, // those of one piece
    fits: Vec<Fit>,                 // how each agrees with what is typed now
    logits: Vec<f32>,               // (hypotheses read together, vocabulary)
}

/// How a hypothesis agrees with the typed prefix.
#[derive(Clone, Copy, Debug)]
struct Fit {
    /// Of letters and their case; 0 if the letters disagree.
    agreement: f32,
    /// Where in the prefix the hypothesis ends; the prefix's length if it is no longer than the hypothesis.
    end: usize,
}

/// The first pieces of a word, all joined right, and what may come after them.
#[derive(Debug)]
struct Hypothesis {
    parent: Option<usize>,
    token: TokenId,
    text: String,
    node: Option<Node>,
    probability: f32,
    /// Once the network has read it.
    state: Option<State>,
    /// Best first; the shares sum to one at most.
    next: Vec<Next>,
}

#[derive(Clone, Copy, Debug)]
struct Next {
    token: TokenId,
    share: f32,
    node: Option<Node>,
    /// The hypothesis that goes on so, once there is one.
    at: Option<usize>,
}

/// Where the beam starts: the state before the word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root<'a> {
    pub(super) state: &'a State,
    pub(super) next: &'a Distribution,
    pub(super) tables: &'a Tables,
    /// Of `next`.
    pub(super) place: Place<'a>,
    /// Probability of the words of one token that agree with the prefix.
    pub(super) single: f32,
}

/// What the beam found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Words of two tokens or more with their probabilities.
    pub(super) words: Vec<(String, f32)>,
    /// Probability of all words of two tokens or more that agree with the prefix, as far as it was explored.
    pub(super) mass: f32,
}

impl Beam {
    /// Forgets everything: the state has changed.
    pub(super) fn clear(&mut self) {
        self.hypotheses.clear();
        self.first.clear();
    }

    /// Words of several tokens that start with `typed`. Hypotheses less probable than `worth` are not read.
    pub(super) fn search(
        &mut self,
        model: &Model,
        root: Root<'_>,
        typed: &str,
        worth: f32,
        scratch: &mut Scratch,
    ) -> Found {
        let vocabulary = model.tokenizer().vocabulary();
        if self.hypotheses.len() > CAPACITY {
            self.make_room(typed);
        }
        let fits = self.hypotheses.iter().map(|h| Fit::new(&h.text, typed));
        self.fits = fits.collect();
        let pieces = root.next.matching(vocabulary, typed, Kind::Piece);
        let shorter = root.next.shorter(vocabulary, typed);
        let all = root.single + pieces.mass + shorter.iter().map(|&(_, p)| p).sum::<f32>();
        for &(token, weight) in pieces.best.iter().chain(&shorter) {
            if weight > LEAST * all {
                self.add_first(model, token, root.next.of(token), typed);
            }
        }
        for round in 0..=ROUNDS {
            self.follow(model, typed, LEAST * all);
            let steps = self.steps(worth.max(FLOOR * all));
            if steps.is_empty() || round == ROUNDS {
                break;
            }
            self.read(model, root, &steps, scratch);
        }
        self.collect(vocabulary, typed, pieces.mass)
    }

    /// Keeps of all hypotheses what was dear: those that the network has read, as far as they agree with the prefix.
    fn make_room(&mut self, typed: &str) {
        let mut moved = vec![None; self.hypotheses.len()];
        let mut kept: Vec<Hypothesis> = Vec::new();
        for (at, mut hypothesis) in self.hypotheses.drain(..).enumerate() {
            let parent = hypothesis.parent.map(|parent: usize| moved[parent]);
            let is_kept = hypothesis.state.is_some()
                && parent != Some(None)
                && rest_of(typed, &hypothesis.text).is_some();
            if is_kept {
                hypothesis.parent = parent.flatten();
                moved[at] = Some(kept.len());
                kept.push(hypothesis);
            }
        }
        if kept.len() > CAPACITY {
            self.clear();
            return;
        }
        for next in kept.iter_mut().flat_map(|h| &mut h.next) {
            next.at = next.at.and_then(|at| moved[at]);
        }
        self.hypotheses = kept;
        self.first.retain(|_, at| match moved[*at] {
            Some(new) => {
                *at = new;
                true
            }
            None => false,
        });
    }

    /// Adds a hypothesis of one piece unless it is there, or no word begins so.
    fn add_first(&mut self, model: &Model, token: TokenId, probability: f32, typed: &str) {
        if self.first.contains_key(&token) {
            return;
        }
        let node = model.known().and_then(|known| known.after(token));
        if let Some(at) = self.add(model, None, token, probability, node, typed) {
            self.first.insert(token, at);
        }
    }

    /// Adds a hypothesis unless there are too many, or no word begins so.
    fn add(
        &mut self,
        model: &Model,
        parent: Option<usize>,
        token: TokenId,
        probability: f32,
        node: Option<Node>,
        typed: &str,
    ) -> Option<usize> {
        if self.hypotheses.len() > CAPACITY {
            return None;
        }
        let next = match (model.known(), node) {
            (Some(known), Some(node)) => counted(known, node, model.vocabulary_size()),
            (Some(_), None) => return None,
            (None, _) => Vec::new(),
        };
        let mut text = parent.map_or_else(String::new, |i| self.hypotheses[i].text.clone());
        text.push_str(model.tokenizer().vocabulary().text(token));
        self.fits.push(Fit::new(&text, typed));
        self.hypotheses.push(Hypothesis {
            parent,
            token,
            text,
            node,
            probability,
            state: None,
            next,
        });
        Some(self.hypotheses.len() - 1)
    }

    /// The probability of what begins like a hypothesis, as far as the letters and their case allow it.
    fn weight(&self, at: usize) -> f32 {
        self.hypotheses[at].probability * self.fits[at].agreement
    }

    /// Adds the longer hypotheses that agree with the prefix and are at least so probable.
    fn follow(&mut self, model: &Model, typed: &str, least: f32) {
        let vocabulary = model.tokenizer().vocabulary();
        let mut at = 0;
        while at < self.hypotheses.len() && self.hypotheses.len() <= CAPACITY {
            let weight = self.weight(at);
            let rest = &typed[self.fits[at].end..];
            let mut i = 0;
            // The best come first.
            while let Some(&next) = self.hypotheses[at].next.get(i)
                && weight * next.share > least
            {
                if next.at.is_none()
                    && vocabulary.kind(next.token) == Kind::Piece
                    && (rest.is_empty() || agrees(vocabulary.text(next.token), rest))
                {
                    let probability = self.hypotheses[at].probability * next.share;
                    let (token, node) = (next.token, next.node);
                    let longer = self.add(model, Some(at), token, probability, node, typed);
                    self.hypotheses[at].next[i].at = longer;
                }
                i += 1;
            }
            at += 1;
        }
    }

    /// The best hypotheses that the network has not read although it can and they are worth it.
    fn steps(&self, worth: f32) -> Vec<usize> {
        let mut steps: Vec<(usize, f32)> = Vec::new();
        for (at, hypothesis) in self.hypotheses.iter().enumerate() {
            let is_next = hypothesis.state.is_none()
                && hypothesis
                    .parent
                    .is_none_or(|parent| self.hypotheses[parent].state.is_some());
            // A single known word is what it is, whatever the network says.
            let is_open = hypothesis.node.is_none() || hypothesis.next.len() > 1;
            let weight = self.weight(at);
            if is_next && is_open && weight > worth {
                steps.push((at, weight));
            }
        }
        steps.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        steps.truncate(WIDTH);
        steps.into_iter().map(|(at, _)| at).collect()
    }

    /// Has the network read hypotheses.
    fn read(&mut self, model: &Model, root: Root<'_>, steps: &[usize], scratch: &mut Scratch) {
        let state_of = |&at: &usize| {
            let parent = self.hypotheses[at].parent;
            let state = parent.and_then(|parent| self.hypotheses[parent].state.as_ref());
            state.unwrap_or(root.state).clone()
        };
        let mut states: Vec<State> = steps.iter().map(state_of).collect();
        let tokens: Vec<TokenId> = steps.iter().map(|&at| self.hypotheses[at].token).collect();
        model.step_batch(&mut states, &tokens, scratch);
        if model.known().is_some() {
            let lists: Vec<Vec<TokenId>> = steps
                .iter()
                .map(|&at| {
                    self.hypotheses[at]
                        .next
                        .iter()
                        .map(|next| next.token)
                        .collect()
                })
                .collect();
            let logits = model.logits_of(&states, &lists, scratch);
            for (&at, logits) in steps.iter().zip(logits) {
                mix(&mut self.hypotheses[at].next, &logits);
            }
        } else {
            let size = model.vocabulary_size();
            let mut logits = std::mem::take(&mut self.logits);
            logits.resize(steps.len() * size, 0.0);
            model.logits_batch(&states, &mut logits, scratch);
            for (&at, logits) in steps.iter().zip(logits.chunks_exact(size)) {
                let tail = [root.place.tail, &self.tokens(at)].concat();
                let place = Place {
                    tail: &tail,
                    ..root.place
                };
                let next = Distribution::new(logits.to_vec(), root.tables, place);
                self.hypotheses[at].next = possible(model.tokenizer().vocabulary(), &next);
            }
            self.logits = logits;
        }
        for (&at, state) in steps.iter().zip(states) {
            self.hypotheses[at].state = Some(state);
        }
        self.reweigh(steps);
    }

    /// The tokens of a hypothesis, first to last.
    fn tokens(&self, at: usize) -> Vec<TokenId> {
        let hypothesis = &self.hypotheses[at];
        let mut tokens = hypothesis
            .parent
            .map_or_else(Vec::new, |parent| self.tokens(parent));
        tokens.push(hypothesis.token);
        tokens
    }

    /// Brings the probabilities of hypotheses in line with what those say that were `read`.
    fn reweigh(&mut self, read: &[usize]) {
        let mut is_changed = vec![false; self.hypotheses.len()];
        read.iter().for_each(|&at| is_changed[at] = true);
        for at in 0..self.hypotheses.len() {
            if !is_changed[at] {
                continue;
            }
            let (parents, children) = self.hypotheses.split_at_mut(at + 1);
            for next in &parents[at].next {
                if let Some(child) = next.at {
                    children[child - at - 1].probability = parents[at].probability * next.share;
                    is_changed[child] = true;
                }
            }
        }
    }

    fn collect(&self, vocabulary: &Vocabulary, typed: &str, covering: f32) -> Found {
        let mut mass = covering;
        let mut words: Vec<(usize, TokenId, f32)> = Vec::new();
        for (at, (hypothesis, fit)) in self.hypotheses.iter().zip(&self.fits).enumerate() {
            if fit.agreement == 0.0 {
                continue;
            }
            let rest = &typed[fit.end..];
            let (mut agreeing, mut count) = (0.0, 0);
            for next in &hypothesis.next {
                // Pieces as long as the prefix count as they are; of shorter ones what goes on to agree.
                if rest.is_empty() && count == COMPLETIONS {
                    break;
                }
                let text = |token| vocabulary.text(token);
                if rest.is_empty() || casing::starts_with_folded(text(next.token), rest) {
                    agreeing += next.share;
                    if vocabulary.kind(next.token) == Kind::Word && count < COMPLETIONS {
                        count += 1;
                        words.push((at, next.token, hypothesis.probability * next.share));
                    }
                }
            }
            if !rest.is_empty() {
                mass += hypothesis.probability * fit.agreement * agreeing;
            }
        }
        let best_first = |a: &(usize, TokenId, f32), b: &(usize, TokenId, f32)| {
            b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1)))
        };
        if words.len() > WORDS {
            words.select_nth_unstable_by(WORDS - 1, best_first);
            words.truncate(WORDS);
        }
        words.sort_unstable_by(best_first);
        let text = |at: usize, last| self.hypotheses[at].text.clone() + vocabulary.text(last);
        let words = words.into_iter();
        Found {
            words: words.map(|(at, last, p)| (text(at, last), p)).collect(),
            mass,
        }
    }
}

impl Fit {
    fn new(text: &str, typed: &str) -> Fit {
        match rest_of(typed, text) {
            Some(rest) => Fit {
                agreement: casing::agreement(text, typed),
                end: typed.len() - rest.len(),
            },
            None => Fit {
                agreement: 0.0,
                end: typed.len(),
            },
        }
    }
}

/// What may come after a beginning, by counts.
fn counted(known: KnownWords<'_>, node: Node, vocabulary: usize) -> Vec<Next> {
    let children = known.children(node).map(|child| Next {
        token: child.token,
        share: child.share,
        node: child.node,
        at: None,
    });
    let mut next: Vec<Next> = children
        .filter(|next| (next.token.0 as usize) < vocabulary)
        .collect();
    normalize(&mut next);
    next
}

/// Mixes counted shares with the network's logits.
fn mix(next: &mut [Next], logits: &[f32]) {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
    for (next, logit) in next.iter_mut().zip(logits) {
        next.share = COUNTS * next.share + (1.0 - COUNTS) * (logit - most).exp() / sum;
    }
    normalize(next);
}

/// Makes the shares sum to one and puts the best first.
fn normalize(next: &mut [Next]) {
    let sum: f32 = next.iter().map(|next| next.share).sum();
    let scale = 1.0 / sum.max(f32::MIN_POSITIVE);
    next.iter_mut().for_each(|next| next.share *= scale);
    next.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.token.cmp(&b.token)));
}

/// All that the network thinks possible.
fn possible(vocabulary: &Vocabulary, distribution: &Distribution) -> Vec<Next> {
    let ids = (0..vocabulary.len() as u32).map(TokenId);
    let next = ids.filter_map(|token| {
        let share = distribution.of(token);
        let is_part = matches!(vocabulary.kind(token), Kind::Word | Kind::Piece);
        (share > POSSIBLE && is_part).then_some(Next {
            token,
            share,
            node: None,
            at: None,
        })
    });
    let mut next: Vec<Next> = next.collect();
    next.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.token.cmp(&b.token)));
    next
}

/// Whether a piece agrees with the letters that remain of the prefix, as far as both go, case aside.
fn agrees(piece: &str, rest: &str) -> bool {
    rest_of(rest, piece).is_some()
}

/// What of `typed` remains after `text`: nothing if `text` is at least as long; `None` if they disagree (case aside).
fn rest_of<'a>(typed: &'a str, text: &str) -> Option<&'a str> {
    if casing::starts_with_folded(text, typed) {
        return Some("");
    }
    let count = text.chars().count();
    let (end, _) = typed.char_indices().nth(count)?;
    casing::starts_with_folded(&typed[..end], text).then(|| &typed[end..])
}
