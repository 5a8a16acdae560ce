"""Numbers for tests/it/golden.rs: a two-layer LSTM with a tied softmax, in PyTorch.

    python tests/it/golden/lstm.py > tests/it/golden/lstm.json

Inputs are formulas, so that only results are stored; golden.rs has the same formulas.
"""

import json
import math

import torch

VOCABULARY, EMBEDDING, HIDDEN, LAYERS, BATCH, STEPS = 11, 6, 8, 2, 3, 5
NO_TARGET = -100


def formula(tensor, *shape):
    """Value i of tensor number `tensor`, in row-major order, rounded to f32."""
    count = math.prod(shape)
    values = [0.4 * math.sin(1.7 * i + 0.9 * tensor + 0.3) for i in range(count)]
    return torch.tensor(values, dtype=torch.float32).to(torch.float64).reshape(shape)


def cell(x, h, c, w, u, b):
    """Gates in the order i, f, g, o, as in torch.nn.LSTM."""
    i, f, g, o = (x @ w + h @ u + b).chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def check_cell():
    """The cell above is torch.nn.LSTMCell."""
    reference = torch.nn.LSTMCell(EMBEDDING, HIDDEN).to(torch.float64)
    w, u, b = formula(2, EMBEDDING, 4 * HIDDEN), formula(3, HIDDEN, 4 * HIDDEN), formula(4, 4 * HIDDEN)
    with torch.no_grad():
        reference.weight_ih.copy_(w.T)
        reference.weight_hh.copy_(u.T)
        reference.bias_ih.copy_(b)
        reference.bias_hh.zero_()
    x, h, c = formula(0, BATCH, EMBEDDING), formula(20, BATCH, HIDDEN), formula(21, BATCH, HIDDEN)
    for ours, theirs in zip(cell(x, h, c, w, u, b), reference(x, (h, c))):
        torch.testing.assert_close(ours, theirs)


def main():
    check_cell()
    table = formula(0, VOCABULARY, EMBEDDING).requires_grad_()
    bias = formula(1, VOCABULARY).requires_grad_()
    layers = []
    for layer in range(LAYERS):
        inputs = HIDDEN if layer else EMBEDDING
        shapes = [(inputs, 4 * HIDDEN), (HIDDEN, 4 * HIDDEN), (4 * HIDDEN,)]
        layers.append([formula(2 + 3 * layer + n, *shape).requires_grad_() for n, shape in enumerate(shapes)])
    projection = formula(10, HIDDEN, EMBEDDING).requires_grad_()
    states = [(formula(20 + 2 * layer, BATCH, HIDDEN), formula(21 + 2 * layer, BATCH, HIDDEN)) for layer in range(LAYERS)]

    at = torch.arange(STEPS * BATCH).reshape(STEPS, BATCH)
    inputs, targets = (7 * at + 3) % VOCABULARY, (5 * at + 1) % VOCABULARY
    targets[at % 7 == 6] = NO_TARGET
    starts = at % 4 == 3

    losses = []
    for step in range(STEPS):
        x = table[inputs[step]]
        keep = (~starts[step]).to(x.dtype).unsqueeze(-1)
        for layer, weights in enumerate(layers):
            h, c = states[layer]
            states[layer] = cell(x, h * keep, c * keep, *weights)
            x = states[layer][0]
        logits = x @ projection @ table.T + bias
        losses.append(torch.nn.functional.cross_entropy(logits, targets[step], ignore_index=NO_TARGET, reduction="none"))
    loss = torch.cat(losses).sum()
    mean = loss / (targets != NO_TARGET).sum()
    mean.backward()

    tensors = {"table": table, "bias": bias, "projection": projection}
    for layer, weights in enumerate(layers):
        for name, weight in zip(["input", "recurrent", "bias"], weights):
            tensors[f"lstm.{layer}.{name}"] = weight
    digits = lambda tensor: [float(f"{value:.7g}") for value in tensor.detach().flatten().tolist()]
    print(json.dumps({
        "torch": torch.__version__,
        "loss": loss.item(),
        "states": [[digits(h), digits(c)] for h, c in states],
        "gradients": {name: digits(tensor.grad) for name, tensor in tensors.items()},
    }))


main()
