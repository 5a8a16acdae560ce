"""Weigh the documents of a prepared corpus by their register: weigh.py TOKENS OUT --like TOKENS[*TIMES]...

TOKENS is `tokens.bin` in the folder of a run (`rnn-lsp train --prepare` makes one); OUT takes its place. How a document is
written shows in its commonest tokens (pronouns, auxiliaries, marks), what it is about in the others: so its register is
the mean, over the COMMON commonest tokens, of how much more frequent each is in the texts that --like names than in
the whole corpus. Documents that are more like them stand there twice, documents that are less like them by one chance
in two, and long ones, which are novels nearly all, by a smaller chance yet. All chances come from a fixed seed. Needs numpy.
"""

import argparse
import json
import struct

import numpy as np

ENTRY = np.dtype([("end", "<u8"), ("words", "<u4")])
MOST = 1.5  # nats that one token may count
SHRINK = 60  # tokens of no register that every document begins with: short ones are near zero

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("tokens")
parser.add_argument("out")
parser.add_argument("--like", required=True, nargs="+", help="texts prepared with the same vocabulary, counted TIMES over")
parser.add_argument("--common", type=int, default=400)
parser.add_argument("--twice-above", type=float, default=0.035)
parser.add_argument("--half-below", type=float, default=-0.06)
parser.add_argument("--longer-than", type=int, default=20000)
parser.add_argument("--keep-long", type=float, default=0.15)


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[-8:])
    header = json.loads(data[-8 - length : -8])
    width, count = header["width"], header["tokens"]
    listed = np.frombuffer(data[width * count :], dtype=ENTRY, count=header["documents"])
    return header, np.frombuffer(data, dtype=f"<u{width}", count=count), listed


def liked(names, vocabulary, tokenizer):
    counts = np.zeros(vocabulary)
    for name in names:
        path, _, times = name.partition("*")
        header, tokens, _ = read(path)
        if header["tokenizer"] != tokenizer:
            raise SystemExit(f"{path} has tokenizer {header['tokenizer']}, expected {tokenizer}")
        counts += int(times or 1) * np.bincount(tokens, minlength=vocabulary)
    return counts


def registers(tokens, lengths, like, common):
    """One number a document, in nats a common token."""
    counts = np.bincount(tokens, minlength=len(like))
    chosen = np.zeros(len(like), bool)
    chosen[np.argsort(-counts)[:common]] = True
    share = lambda counts: (counts + 1) / (counts + 1)[chosen].sum()
    weights = np.where(chosen, np.clip(np.log(share(like) / share(counts)), -MOST, MOST), 0)
    document = np.repeat(np.arange(len(lengths)), lengths)
    total = np.bincount(document, weights=weights[tokens], minlength=len(lengths))
    return total / (np.bincount(document, weights=chosen[tokens], minlength=len(lengths)) + SHRINK)


def main():
    args = parser.parse_args()
    header, tokens, listed = read(args.tokens)
    ends = listed["end"].astype(np.int64)
    lengths = np.diff(ends, prepend=0)
    like = liked(args.like, header["vocabulary"], header["tokenizer"])
    register = registers(tokens, lengths, like, args.common)

    chance = np.random.default_rng(7).random(len(lengths))
    copies = np.where(register > args.twice_above, 2, np.where(register > args.half_below, 1, chance < 0.5))
    copies = np.where(lengths > args.longer_than, chance < args.keep_long, copies).astype(int)
    chosen = np.random.default_rng(3).permutation(np.repeat(np.arange(len(lengths)), copies))

    weighed = np.concatenate([tokens[ends[at] - lengths[at] : ends[at]] for at in chosen])
    new = np.zeros(len(chosen), ENTRY)
    new["end"], new["words"] = np.cumsum(lengths[chosen]), listed["words"][chosen]
    header |= {
        "tokens": len(weighed),
        "documents": len(new),
        "words": int(new["words"].sum()),
        "bytes": header["bytes"] * len(weighed) // len(tokens),
    }
    header = json.dumps(header, separators=(",", ":")).encode()
    with open(args.out, "wb") as file:
        file.write(weighed.tobytes() + new.tobytes() + header + struct.pack("<Q", len(header)))
    twice = register > args.twice_above
    print(f"{len(lengths)} documents of {len(tokens)} tokens; now {len(chosen)} of {len(weighed)}")
    print(f"twice: {twice.sum()} documents of {lengths[twice].sum()} tokens")


main()
