"""Dynamic evaluation (Krause et al. 2018, arXiv:1709.07432): what a network gains that goes on learning from the document
it reads, next to counts of the document, which cost next to nothing.

    python models/adaptation/dynamic.py MODEL.run/checkpoint.safetensors TOKENS... [--only PATTERN] [--rates 1e-4,3e-4]

TOKENS are token files of `rnn-lsp train` (MODEL.run/valid.bin). Prints perplexities a token of documents read from their
first token on, those with odd and those with even numbers apart; the weight of the counts is chosen on the odd ones.
"""

import argparse
import collections
import json
import re
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).parent.parent / "pretrain"))
from shards import DOC, Shard

SEGMENT = 64
ORDERS = 3
WEIGHTS = np.linspace(0, 0.4, 17)


class Net:
    """The network of a checkpoint at batch 1; `weights` are leaves that gradients are taken of."""

    def __init__(self, path, only):
        with safe_open(path, "pt") as file:
            header = json.loads(file.metadata()["header"])
            shape = header["settings"]["network"]
            self.hidden, embedding, self.layers = shape["hidden"], shape["embedding"], shape["layers"]
            names = [key.removeprefix("parameters.") for key in file.keys() if key.startswith("parameters.")]
            self.first = {name: file.get_tensor(f"parameters.{name}") for name in names}
            # Adam's mean of squared gradients: how large a gradient usually is, as Krause's rule divides by.
            self.usual = {name: file.get_tensor(f"square.{name}").sqrt() for name in names}
        for values in (self.first, self.usual):
            for name, value in values.items():
                columns = {"table": embedding, "projection": embedding}.get(name, 4 * self.hidden)
                values[name] = value.view(-1, columns) if value.numel() > columns and name != "bias" else value
        self.usual = {name: value + value.mean() for name, value in self.usual.items()}
        self.learning = [name for name in names if re.fullmatch(only, name)]
        self.reset()

    def reset(self):
        self.weights = {name: value.clone().requires_grad_() for name, value in self.first.items()}
        self.state = tuple(torch.zeros(self.layers, 1, self.hidden) for _ in "hc")

    def losses(self, inputs, targets):
        """Nats of each of `targets`, (n,); the state moves on."""
        w = self.weights
        flat = []
        for layer in range(self.layers):
            flat += [w[f"lstm.{layer}.input"].T, w[f"lstm.{layer}.recurrent"].T, w[f"lstm.{layer}.bias"]]
            flat.append(torch.zeros(4 * self.hidden))
        x = F.embedding(inputs, w["table"])[:, None]
        x, h, c = torch._VF.lstm(x, self.state, flat, True, self.layers, 0.0, False, False, False)
        self.state = (h.detach(), c.detach())
        logits = x[:, 0] @ w["projection"] @ w["table"].T + w["bias"]
        return F.cross_entropy(logits, targets, reduction="none")

    @torch.no_grad()
    def learn(self, loss, rate):
        """One step down `loss`, scaled by how large gradients usually are; no clipping beside that."""
        gradients = torch.autograd.grad(loss, [self.weights[name] for name in self.learning])
        for name, gradient in zip(self.learning, gradients):
            self.weights[name] -= rate * gradient / self.usual[name]


def counted(tokens):
    """Probability of each token by what the document had before it: counts after 0 to ORDERS - 1 tokens, each backing off
    to the shorter (Witten and Bell 1991), and the shortest to nothing."""
    seen = [collections.defaultdict(collections.Counter) for _ in range(ORDERS)]
    found = np.zeros(len(tokens))
    for at, token in enumerate(tokens):
        probability = 0.0
        for order in range(ORDERS):
            if at < order:
                break
            after = seen[order][tuple(tokens[at - order : at])]
            total, kinds = after.total(), len(after)
            if total:
                probability = (after[token] + kinds * probability) / (total + kinds)
            after[token] += 1
        found[at] = probability
    return found


def read(net, tokens, rate):
    """Nats of each token; the network learns from each segment after it was judged if `rate` is not zero."""
    net.reset()
    ids = torch.from_numpy(np.concatenate([[DOC], tokens]).astype(np.int64))
    found = []
    for start in range(0, len(tokens), SEGMENT):
        end = min(start + SEGMENT, len(tokens))
        with torch.set_grad_enabled(rate > 0):
            losses = net.losses(ids[start:end], ids[start + 1 : end + 1])
            if rate > 0:
                net.learn(losses.mean(), rate)
        found.append(losses.detach().numpy().astype(np.float64))
    return np.concatenate(found)


def mixed(nats, counts, weight):
    """Nats with counts mixed in by `weight`."""
    return -np.log((1 - weight) * np.exp(-nats) + weight * counts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("tokens", nargs="+")
    parser.add_argument("--documents", type=int, default=100, help="documents a file, the first ones")
    parser.add_argument("--longest", type=int, default=4000, help="tokens a document, the first ones")
    parser.add_argument("--only", default=".*", help="pattern of the names of weights that learn")
    parser.add_argument("--rates", default="1e-5,3e-5,1e-4,3e-4")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    net = Net(options.checkpoint, options.only)
    rates = [0.0, *map(float, options.rates.split(","))]
    for path in options.tokens:
        shard = Shard(path)
        texts = [
            np.asarray(shard.tokens[start : start + min(length, options.longest)]).astype(np.int64)
            for start, length, _ in shard.documents[: options.documents]
        ]
        counts = [counted(text.tolist()) for text in texts]
        print(f"{path}: {len(texts)} documents, {sum(map(len, texts))} tokens", flush=True)
        print("| rate | odd documents | with counts | even documents | with counts | weight of counts |")
        print("|---|---|---|---|---|---|")
        for rate in rates:
            nats = [read(net, text, rate) for text in texts]
            both = []
            for half in (1, 0):
                n, c = (np.concatenate(values[half::2]) for values in (nats, counts))
                if half:
                    weight = min(WEIGHTS, key=lambda weight: mixed(n, c, weight).mean())
                both += [np.exp(n.mean()), np.exp(mixed(n, c, weight).mean())]
            print(f"| {rate:g} | " + " | ".join(f"{value:.2f}" for value in both) + f" | {weight:.3f} |", flush=True)


if __name__ == "__main__":
    main()
