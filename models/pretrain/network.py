"""The network of src/train/network.rs: embedding, LSTM layers, projection, softmax tied to the embedding."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from random64 import Random


def initial(config, seed):
    """The weights that `rnn-lsp train` starts from, by their names in files; matrices are (input, output)."""
    vocabulary, embedding, hidden, layers = (config[name] for name in ("vocabulary", "embedding", "hidden", "layers"))
    random = Random(seed)

    def uniform(rows, columns, bound):
        values = np.float32(2) * random.uniform(rows * columns) - np.float32(1)
        return (np.float32(bound) * values).reshape(rows, columns)

    weights = {"table": uniform(vocabulary, embedding, 0.1), "bias": np.zeros(vocabulary, np.float32)}
    for layer in range(layers):
        width = hidden if layer else embedding
        weights[f"lstm.{layer}.input"] = uniform(width, 4 * hidden, np.sqrt(np.float32(6 / (width + hidden))))
        weights[f"lstm.{layer}.recurrent"] = uniform(hidden, 4 * hidden, np.sqrt(np.float32(3 / hidden)))
        # Gates in the order i, f, g, o; the forget gates open.
        weights[f"lstm.{layer}.bias"] = np.repeat(np.float32([0, 1, 0, 0]), hidden)
    weights["projection"] = uniform(hidden, embedding, np.sqrt(np.float32(6 / (hidden + embedding))))
    return weights


def is_transposed(name):
    """Products want matrices as (output, input); files have them as (input, output)."""
    return name == "projection" or name.endswith((".input", ".recurrent"))


class Network(nn.Module):
    def __init__(self, config, dropout=0.0, precision=torch.float32):
        super().__init__()
        self.config, self.dropout, self.precision = config, dropout, precision
        vocabulary, embedding, hidden = (config[name] for name in ("vocabulary", "embedding", "hidden"))
        self.table = nn.Parameter(torch.empty(vocabulary, embedding))
        self.bias = nn.Parameter(torch.empty(vocabulary))
        self.projection = nn.Parameter(torch.empty(embedding, hidden))
        self.lstm = nn.ModuleList()
        for layer in range(config["layers"]):
            weights = nn.Module()
            weights.input = nn.Parameter(torch.empty(4 * hidden, hidden if layer else embedding))
            weights.recurrent = nn.Parameter(torch.empty(4 * hidden, hidden))
            weights.bias = nn.Parameter(torch.empty(4 * hidden))
            # nn.LSTM has two biases, of which only the sum means anything: this one stays zero.
            weights.register_buffer("zero", torch.zeros(4 * hidden), persistent=False)
            self.lstm.append(weights)

    @torch.no_grad()
    def load(self, weights):
        for name, parameter in self.named_parameters():
            value = torch.as_tensor(weights[name])
            parameter.copy_(value.T if is_transposed(name) else value)

    def zero_state(self, streams):
        """(h, c), each (layers, streams, hidden)."""
        shape = (self.config["layers"], streams, self.config["hidden"])
        return torch.zeros(shape, device=self.table.device), torch.zeros(shape, device=self.table.device)

    def embed(self, window):
        """What the first layer reads."""
        return F.embedding(window.inputs, self.table)

    def read(self, window, state):
        """(rows, embedding): what the softmax takes; and the state after the window."""
        weights = [
            tensor.to(self.precision)
            for layer in self.lstm
            for tensor in (layer.input, layer.recurrent, layer.bias, layer.zero)
        ]
        x = F.dropout(self.embed(window), self.dropout, self.training).to(self.precision)
        before = tuple((part[:, window.carry] * window.keep[:, None]).to(self.precision) for part in state)
        x, *after = torch._VF.lstm(
            x, window.sizes, before, weights, True, self.config["layers"], self.dropout, self.training, False
        )
        y = F.dropout(x, self.dropout, self.training) @ self.projection.T.to(self.precision)
        return y, tuple(part[:, window.last].detach().float() for part in after)

    def forward(self, window, state, sample):
        """The sum of the losses in nats, and the state after the window."""
        y, state = self.read(window, state)
        return self.loss(y, window.targets, sample), state

    def loss(self, y, targets, sample):
        """Cross-entropy of each row's target among it and the sampled classes, logits less the logarithms of expected
        counts (src/nn/softmax.rs). Where the target is in the sample, the sample's sum has it already."""
        table = self.table.to(self.precision)
        classes, offsets, position = sample.classes, sample.offsets, sample.position
        if classes is None:
            return F.cross_entropy((y @ table.T).float() + self.bias, targets, reduction="sum")
        logits = (y @ table[classes].T).float() + (self.bias[classes] - offsets[classes])
        # An embedding's gradient, unlike an index's, is quick where the same token comes a thousand times.
        own = (y * F.embedding(targets, table)).float().sum(-1) + (self.bias[targets] - offsets[targets])
        sums = torch.logsumexp(logits, -1)
        sums = torch.where(position[targets], sums, torch.logaddexp(sums, own))
        return (sums - own).sum()

    @torch.no_grad()
    def exact_losses(self, window, state, rows=2048):
        """The sum of the exact losses in nats, and the state after the window."""
        y, state = self.read(window, state)
        parts = zip(y.float().split(rows), window.targets.split(rows))
        losses = [F.cross_entropy(y @ self.table.T + self.bias, t, reduction="sum") for y, t in parts]
        return torch.stack(losses).double().sum(), state

    def flops(self, classes):
        """Floating point operations of learning from a token: two for each weight of a product, forward once and
        backward twice."""
        products = [p for name, p in self.named_parameters() if is_transposed(name)]
        softmax = (classes or self.config["vocabulary"]) * self.config["embedding"]
        return 6 * (sum(p.numel() for p in products) + softmax)
