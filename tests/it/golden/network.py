"""Numbers for tests/it/golden.rs: logits and the sampled loss of the whole network, by the PyTorch trainer's own code.

    python tests/it/golden/network.py > tests/it/golden/network.json

Weights and tokens are formulas, which golden.rs has too; two windows are read, documents starting in the middle of them.
"""

import json
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import torch

sys.path.insert(0, str(Path(__file__).parents[3] / "models" / "pretrain"))

from network import Network  # noqa: E402
from streams import Window  # noqa: E402

CONFIG = {"vocabulary": 11, "embedding": 6, "hidden": 8, "layers": 2}
BATCH, STEPS = 3, 5
CLASSES = [0, 2, 3, 7, 9]


def formula(tensor, *shape):
    """Value i of tensor number `tensor`, in row-major order, rounded to f32."""
    values = [0.4 * math.sin(1.7 * i + 0.9 * tensor + 0.3) for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float32).reshape(shape)


def weights():
    vocabulary, embedding, hidden, layers = CONFIG.values()
    all = {"table": formula(0, vocabulary, embedding), "bias": formula(1, vocabulary)}
    for layer in range(layers):
        width = hidden if layer else embedding
        all[f"lstm.{layer}.input"] = formula(2 + 3 * layer, width, 4 * hidden)
        all[f"lstm.{layer}.recurrent"] = formula(3 + 3 * layer, hidden, 4 * hidden)
        all[f"lstm.{layer}.bias"] = formula(4 + 3 * layer, 4 * hidden)
    return all | {"projection": formula(10, hidden, embedding)}


def packed(inputs, targets, starts):
    """A window as packed sequences, and the place of each of its rows in a time-major window."""
    cuts = [[0, *(t for t in range(1, STEPS) if starts[t, b]), STEPS] for b in range(BATCH)]
    stretches = [(b, begin, end) for b in range(BATCH) for begin, end in zip(cuts[b], cuts[b][1:])]
    stretches.sort(key=lambda stretch: stretch[1] - stretch[2])
    sizes = [sum(end - begin > t for _, begin, end in stretches) for t in range(STEPS)]
    sizes = [size for size in sizes if size]
    rows = torch.tensor([
        (begin + t) * BATCH + b for t in range(len(sizes)) for b, begin, end in stretches if end - begin > t
    ])
    carry = torch.tensor([b for b, _, _ in stretches])
    keep = torch.tensor([float(begin == 0 and not starts[0, b]) for b, begin, _ in stretches])
    last = torch.tensor([stretches.index((b, cuts[b][-2], STEPS)) for b in range(BATCH)])
    return Window(inputs.flatten()[rows], targets.flatten()[rows], torch.tensor(sizes), carry, keep, last), rows


@torch.no_grad()
def main():
    network = Network(CONFIG).eval()
    network.load(weights())
    offsets = torch.tensor([-0.1 * i for i in range(CONFIG["vocabulary"])])
    position = torch.zeros(CONFIG["vocabulary"], dtype=torch.bool)
    position[CLASSES] = True
    sample = SimpleNamespace(classes=torch.tensor(CLASSES), offsets=offsets, position=position)
    state = network.zero_state(BATCH)
    logits, losses = [], []
    for number in range(2):
        at = torch.arange(STEPS * BATCH).reshape(STEPS, BATCH) + 100 * number
        window, rows = packed((7 * at + 3) % 11, (5 * at + 1) % 11, at % 4 == 3)
        y, after = network.read(window, state)
        time_major = torch.empty(STEPS * BATCH, CONFIG["vocabulary"])
        time_major[rows] = y @ network.table.T + network.bias
        logits += [float(f"{value:.7g}") for value in time_major.flatten().tolist()]
        losses.append(network(window, state, sample)[0].item())
        state = after
    print(json.dumps({"torch": torch.__version__, "logits": logits, "sampled losses": losses}))


main()
