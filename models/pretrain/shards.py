"""Tokenized corpora, as src/train/shards.rs writes them: reading, and which documents are held out."""

import json
from pathlib import Path

import numpy as np

from random64 import mix

DOC, PAR, HEAD, ITEM, QUOTE = range(5)
FORMAT = "rnn-lsp tokens 1"
ENTRY = np.dtype([("end", "<u8"), ("words", "<u4")])
LONGEST_HEADER = 1 << 16
HELD_OUT = 300_000
SMALLEST_HELD_OUT = 200
CUT_SEARCH = 1 << 16


class Shard:
    """A token file, mapped; `documents` are (start, length, words)."""

    def __init__(self, path):
        self.path = Path(path)
        size = self.path.stat().st_size
        with open(self.path, "rb") as file:
            file.seek(max(0, size - 8))
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > LONGEST_HEADER or length + 8 > size:
                raise ValueError(f"{path}: not a file of tokens, or cut off")
            file.seek(size - 8 - length)
            self.header = json.loads(file.read(length))
        found = self.header.get("format")
        if found != FORMAT:
            raise ValueError(f"{path}: format {found!r}, expected {FORMAT!r}")
        tokens, documents, width = (self.header[name] for name in ("tokens", "documents", "width"))
        expected = tokens * width + documents * ENTRY.itemsize + length + 8
        if width not in (2, 4) or expected != size:
            raise ValueError(f"{path}: {size} bytes, expected {expected}")
        self.tokens = np.memmap(path, dtype=f"<u{width}", mode="r", shape=(tokens,))
        entries = np.memmap(path, dtype=ENTRY, mode="r", offset=tokens * width, shape=(documents,))
        ends = entries["end"].astype(np.int64)
        starts = np.concatenate([[0], ends[:-1]])
        if (ends <= starts).any() or ends[-1] > tokens:
            raise ValueError(f"{path}: documents that end before they start")
        self.documents = list(zip(starts.tolist(), (ends - starts).tolist(), entries["words"].tolist()))

    @property
    def vocabulary(self):
        return self.header["vocabulary"]

    def counts(self):
        """How often each token occurs."""
        counts = np.zeros(self.vocabulary, dtype=np.int64)
        for start in range(0, len(self.tokens), 1 << 24):
            part = np.bincount(self.tokens[start : start + (1 << 24)], minlength=self.vocabulary)
            if len(part) > self.vocabulary:
                raise ValueError(f"{self.path}: token {len(part) - 1} in a vocabulary of {self.vocabulary}")
            counts += part
        return counts

    def cut(self, parts, longest):
        """Cuts longer parts at break tokens."""
        cut = []
        for start, length, words in parts:
            end, begin = start + length, start
            slice_of = lambda a, b: (a, b - a, words * (b - a) // max(length, 1))
            pieces = max(1, -(-length // max(longest, 1)))
            for piece in range(1, pieces):
                wanted = start + length * piece // pieces
                if wanted <= begin:
                    continue
                near = self.tokens[wanted : min(end, wanted + CUT_SEARCH)]
                breaks = np.flatnonzero((near >= PAR) & (near <= QUOTE))
                if len(breaks):
                    at = wanted + int(breaks[0])
                    cut.append(slice_of(begin, at))
                    begin = at
            cut.append(slice_of(begin, end))
        return cut

    def hold_out(self, seed):
        """Splits off about a hundredth to judge by: (train, valid)."""
        tokens = len(self.tokens)
        budget = min(max(tokens // 100, min(tokens // 10, 20_000)), HELD_OUT)
        parts, longest, left = self.documents, budget // 4, budget
        if sum(length for _, length, _ in parts if length <= longest) < 4 * budget:
            parts = self.cut(parts, max(budget // 8, 64))
            left = longest = max(budget, SMALLEST_HELD_OUT)
        held = set()
        for at in np.argsort(mix(seed, np.arange(len(parts))), kind="stable").tolist():
            if parts[at][1] <= min(left, longest):
                left -= parts[at][1]
                held.add(at)
        documents = {start for start, _, _ in self.documents}
        train, valid = [], []
        for at, part in enumerate(parts):
            start, length, words = part
            if at in held:
                valid.append(part)
            elif train and train[-1][0] + train[-1][1] == start and start not in documents:
                # Neighbors that were cut apart for nothing.
                before = train[-1]
                train[-1] = (before[0], before[1] + length, before[2] + words)
            else:
                train.append(part)
        return train, valid


def open_run(run, seed):
    """The corpus that `rnn-lsp train --prepare` left in a run's folder: (shard, parts) to learn from and to judge by."""
    shard = Shard(run / "tokens.bin")
    valid = run / "valid.bin"
    if valid.exists():
        other = Shard(valid)
        if other.header["tokenizer"] != shard.header["tokenizer"]:
            raise ValueError(f"{valid}: made by another tokenizer than {shard.path}")
        return (shard, shard.documents), (other, other.documents)
    train, held = shard.hold_out(seed)
    if not train or not held:
        raise ValueError(f"{shard.path}: only {len(shard.tokens)} tokens: too few to learn from and to judge by")
    return (shard, train), (shard, held)
