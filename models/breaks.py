"""Let a model read items and quotations as it reads paragraphs: breaks.py MODEL OUT

For a model whose corpus had neither: the rows of the tokens before a list item and before a quotation are then what chance made
them, and the words behind them are guessed badly. They become copies of the row of the token before a paragraph. Needs numpy.
"""

import argparse
import json
import struct
import zlib

import numpy as np

PARAGRAPH, ITEM, QUOTE = 1, 3, 4  # src/text/vocabulary.rs

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("model")
arguments.add_argument("out")
arguments = arguments.parse_args()

with open(arguments.model, "rb") as file:
    data = bytearray(file.read())
(length,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + length])
start = 8 + length


def tensor(name, dtype):
    """A view of a tensor's bytes."""
    begin, end = header[name]["data_offsets"]
    return np.frombuffer(memoryview(data)[start + begin : start + end], dtype).reshape(header[name]["shape"])


embedding = tensor("embedding", np.int8)  # panels, groups of columns, rows of a panel, columns of a group
for row in (ITEM, QUOTE):
    embedding[0, :, row] = embedding[0, :, PARAGRAPH]
    for name, dtype in (("embedding.scale", np.float32), ("embedding.sum", np.int32)):
        values = tensor(name, dtype)
        values[row] = values[PARAGRAPH]

old = header["__metadata__"]["crc32"].encode()
at = data.index(old, 8, start)
data[at : at + 8] = f"{zlib.crc32(data[start:]):08x}".encode()
with open(arguments.out, "wb") as file:
    file.write(data)
