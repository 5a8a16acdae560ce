"""Thin out the long documents of a prepared corpus: thin.py TOKENS OUT [--longer-than 20000] [--keep 0.25]

TOKENS is `tokens.bin` in the folder of a run (`rnn-lsp train --prepare` makes one); OUT takes its place. Documents of more
tokens than that are novels, nearly all; a quarter of them, drawn by a fixed seed, is kept. Needs numpy.
"""

import argparse
import json
import struct

import numpy as np

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("tokens")
arguments.add_argument("out")
arguments.add_argument("--longer-than", type=int, default=20000)
arguments.add_argument("--keep", type=float, default=0.25)
arguments = arguments.parse_args()

with open(arguments.tokens, "rb") as file:
    data = file.read()
(length,) = struct.unpack("<Q", data[-8:])
header = json.loads(data[-8 - length : -8])
width, count, documents = header["width"], header["tokens"], header["documents"]
entry = np.dtype([("end", "<u8"), ("words", "<u4")])
listed = np.frombuffer(data[width * count :], dtype=entry, count=documents)
tokens = np.frombuffer(data, dtype=f"<u{width}", count=count)

ends = listed["end"].astype(np.int64)
starts = np.concatenate([[0], ends[:-1]])
lengths = ends - starts
kept = (lengths <= arguments.longer_than) | (np.random.default_rng(1).random(documents) < arguments.keep)

thinned = np.concatenate([tokens[a:b] for a, b, keep in zip(starts, ends, kept) if keep])
new = np.zeros(kept.sum(), entry)
new["end"], new["words"] = np.cumsum(lengths[kept]), listed["words"][kept]
header |= {
    "tokens": len(thinned),
    "documents": len(new),
    "words": int(new["words"].sum()),
    "bytes": header["bytes"] * len(thinned) // count,
}
header = json.dumps(header, separators=(",", ":")).encode()
with open(arguments.out, "wb") as file:
    file.write(thinned.tobytes() + new.tobytes() + header + struct.pack("<Q", len(header)))
print(f"{documents} documents of {count} tokens, kept {len(new)} of {len(thinned)}")
