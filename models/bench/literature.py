"""Does old literature help modern prose? Counted, not trained: python models/bench/literature.py TOKENS TEXT.zst

A trigram model (interpolated, Kneser-Ney) of modern documents, of the same ones with the literature that stands among
them in the corpus, and of as many tokens of modern prose alone, all judged on modern documents; and the first one mixed
with a model of the literature, in the proportion that is best on half of the judging text. TOKENS is a file of tokens whose first documents
are those of TEXT, a shard of the corpus; which are literature is guessed from the text, since shards do not name their sources:
at least 600 words, of which at least 3 % say he, she, had, her, his, him or said. Needs the program zstdcat.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "pretrain"))

from shards import Shard  # noqa: E402

NARRATIVE = [b" he ", b" she ", b" had ", b" her ", b" his ", b" him ", b" said"]
DISCOUNT = 0.75
BITS = np.uint64(15)


def is_literature(document):
    words = document.count(b" ") + document.count(b"\n")
    return words >= 600 and sum(document.count(word) for word in NARRATIVE) >= 0.03 * words


class Level:
    """Discounted counts of one order: the probability given up goes to the order below."""

    def __init__(self, keys, counts):
        self.keys, self.counts = keys, counts
        self.contexts, begin = np.unique(keys >> BITS, return_index=True)
        self.sums = np.add.reduceat(counts, begin)
        self.types = np.diff(np.append(begin, len(keys)))

    def probability(self, keys, below):
        def find(sorted, wanted, values):
            at = np.minimum(np.searchsorted(sorted, wanted), len(sorted) - 1)
            return np.where(sorted[at] == wanted, values[at], 0)

        sums = find(self.contexts, keys >> BITS, self.sums)
        types = find(self.contexts, keys >> BITS, self.types)
        counts = find(self.keys, keys, self.counts)
        known = np.maximum(sums, 1)
        share = np.maximum(counts - DISCOUNT, 0) / known + DISCOUNT * types / known * below
        return np.where(sums > 0, share, below)


def trigrams(tokens):
    a, b, c = (tokens[at : len(tokens) - 2 + at].astype(np.uint64) for at in range(3))
    return (a << BITS | b) << BITS | c


def probabilities(train, test, vocabulary):
    """Of each token of the test after its first two."""
    keys, counts = np.unique(trigrams(train), return_counts=True)
    levels = [Level(keys, counts)]
    for order in (2, 1):
        # Below the top, how many different tokens stand before counts, not how often.
        keys, counts = np.unique(keys & np.uint64((1 << 15 * order) - 1), return_counts=True)
        levels.append(Level(keys, counts))
    wanted = trigrams(test)
    probability = np.full(len(wanted), 1 / vocabulary)
    for order, level in ((1, levels[2]), (2, levels[1]), (3, levels[0])):
        probability = level.probability(wanted & np.uint64((1 << 15 * order) - 1), probability)
    return probability


def main():
    shard = Shard(sys.argv[1])
    text = subprocess.run(["zstdcat", sys.argv[2]], check=True, capture_output=True).stdout
    old, modern = [], []
    for document, (start, length, words) in zip(text.split(b"\n\x0c\n"), shard.documents):
        if abs(len(document.split()) - words) > 2 + words // 20:
            sys.exit(f"a document of {words} words in {sys.argv[1]} has {len(document.split())} in {sys.argv[2]}")
        (old if is_literature(document) else modern).append(shard.tokens[start : start + length])
    judge = modern[::50]
    modern = [document for at, document in enumerate(modern) if at % 50]
    take = lambda documents, count: np.concatenate(documents)[:count]
    old_tokens = sum(map(len, old))
    share = old_tokens / (old_tokens + sum(map(len, modern)))
    base = 10_000_000
    added = round(base * share / (1 - share))
    print(f"{100 * share:.1f} % of the tokens are literature; judged on {sum(map(len, judge)):,} modern ones")
    judge = np.concatenate(judge)
    candidates = {
        f"modern, {base / 1e6:.1f} M tokens": take(modern, base),
        f"the same and literature, {added / 1e6:.1f} M more": np.concatenate([take(modern, base), take(old, added)]),
        f"modern, {(base + added) / 1e6:.1f} M tokens": take(modern, base + added),
        f"literature, {added / 1e6:.1f} M tokens": take(old, added),
    }
    found = {name: probabilities(tokens, judge, shard.vocabulary) for name, tokens in candidates.items()}
    for name, probability in found.items():
        print(f"{name}: {-np.log2(probability).mean():.4f} bits a token")
    ours, theirs = list(found.values())[0], list(found.values())[-1]
    mixed = lambda weight, half: -np.log2((1 - weight) * ours[half::2] + weight * theirs[half::2]).mean()
    weight = min((0.02 * step for step in range(26)), key=lambda weight: mixed(weight, 0))
    alone = -np.log2(ours[1::2]).mean()
    print(f"the first mixed with {100 * weight:.0f} % of the last: {mixed(weight, 1):.4f} bits a token ({alone:.4f} alone)")


main()
