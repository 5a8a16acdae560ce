"""Recurrences that the program does not have, as layers over a window: forward(x, starts, state) -> (y, state), where x is
(time, streams, width) and `starts` (time, streams) says where the state is zeroed before a token is read.

Those that need no matrix product from step to step stand in residual blocks with a gated branch and a gated MLP (De et al.
2024, Griffin), which is how they are used; the LSTMs stand as they are.
"""

import torch
import torch.nn.functional as F
from torch import nn


class MogrifierLstm(nn.Module):
    """Melis, Kočiský and Blunsom 2020: before each step, x and h scale each other in turn, through factors of low rank."""

    def __init__(self, width, hidden, rounds=4, rank=24):
        super().__init__()
        self.hidden = hidden
        self.lstm = nn.LSTMCell(width, hidden)
        with torch.no_grad():
            self.lstm.bias_ih[hidden : 2 * hidden] = 1
        sizes = [(hidden, width) if at % 2 == 0 else (width, hidden) for at in range(rounds)]
        self.rounds = nn.ModuleList(
            nn.Sequential(nn.Linear(a, rank, bias=False), nn.Linear(rank, b)) for a, b in sizes
        )

    def zero_state(self, streams):
        return torch.zeros(streams, self.hidden), torch.zeros(streams, self.hidden)

    def forward(self, x, starts, state):
        keep = (~starts).to(x.dtype).unsqueeze(-1)
        h, c = state
        outputs = []
        for x, keep in zip(x, keep):
            h, c = h * keep, c * keep
            for at, scale in enumerate(self.rounds):
                if at % 2 == 0:
                    x = 2 * torch.sigmoid(scale(h)) * x
                else:
                    h = 2 * torch.sigmoid(scale(x)) * h
            h, c = self.lstm(x, (h, c))
            outputs.append(h)
        return torch.stack(outputs), (h, c)


class Recurrence(nn.Module):
    """h_t = a_t h_{t-1} + b_t, element by element."""

    def __init__(self, width):
        super().__init__()
        self.width = width

    def zero_state(self, streams):
        return (torch.zeros(streams, self.width),)

    def forward(self, x, starts, state):
        a, b = self.gates(x)
        a = a * (~starts).to(x.dtype).unsqueeze(-1)
        (h,) = state
        outputs = []
        for a, b in zip(a, b):
            h = a * h + b
            outputs.append(h)
        return torch.stack(outputs), (h,)


class MinLstm(Recurrence):
    """Feng et al. 2024: gates that do not read h, scaled to sum to one."""

    def __init__(self, width):
        super().__init__(width)
        self.weights = nn.Linear(width, 3 * width)
        with torch.no_grad():
            self.weights.bias[:width] = 2

    def gates(self, x):
        f, i, value = self.weights(x).chunk(3, -1)
        f, i = torch.sigmoid(f), torch.sigmoid(i)
        return f / (f + i), i / (f + i) * value


class RgLru(Recurrence):
    """The real-gated linear recurrent unit of Griffin, decays spread from 0.9 to 0.999 at first."""

    def __init__(self, width):
        super().__init__(width)
        self.weights = nn.Linear(width, 2 * width)
        decay = torch.linspace(0.9, 0.999, width)
        self.decay = nn.Parameter(torch.log(torch.expm1(-decay.log() / 8)))

    def gates(self, x):
        r, i = torch.sigmoid(self.weights(x)).chunk(2, -1)
        log_a = -8 * r * F.softplus(self.decay)
        return log_a.exp(), torch.sqrt(-torch.expm1(2 * log_a)) * i * x


class MLstm(nn.Module):
    """The matrix memory of xLSTM (Beck et al. 2024): exponential gates a head, kept in range by a running maximum."""

    def __init__(self, width, heads=4):
        super().__init__()
        self.width, self.heads, self.size = width, heads, width // heads
        self.weights = nn.Linear(width, 3 * width, bias=False)
        self.gate = nn.Linear(width, 2 * heads)
        with torch.no_grad():
            self.gate.bias.copy_(torch.cat([torch.zeros(heads), torch.linspace(3, 6, heads)]))

    def zero_state(self, streams):
        heads, size = self.heads, self.size
        return torch.zeros(streams, heads, size, size), torch.zeros(streams, heads, size), torch.zeros(streams, heads)

    def forward(self, x, starts, state):
        q, k, v = self.weights(x).view(*x.shape[:2], 3, self.heads, self.size).unbind(2)
        k = k / self.size**0.5
        i, f = self.gate(x).chunk(2, -1)
        f = F.logsigmoid(f)
        keep = (~starts).to(x.dtype).unsqueeze(-1)
        memory, norm, top = state
        outputs = []
        for q, k, v, i, f, keep in zip(q, k, v, i, f, keep):
            before = f + top * keep
            top = torch.maximum(before, i)
            old, new = ((before - top).exp() * keep).unsqueeze(-1), (i - top).exp().unsqueeze(-1)
            memory = old.unsqueeze(-1) * memory + (new * v).unsqueeze(-1) * k.unsqueeze(-2)
            norm = old * norm + new * k
            scale = torch.maximum((norm * q).sum(-1).abs(), (-top).exp())
            outputs.append((memory @ q.unsqueeze(-1)).squeeze(-1) / scale.unsqueeze(-1))
        return torch.stack(outputs).flatten(2), (memory, norm, top)


class Block(nn.Module):
    """A recurrence beside a gate, then a gated MLP, each added to what came in."""

    def __init__(self, recurrence, width):
        super().__init__()
        linear = lambda a, b: nn.Linear(a, b, bias=False)
        self.recurrence = recurrence(width)
        self.enter, self.leave = linear(width, 2 * width), linear(width, width)
        self.up, self.down = linear(width, 4 * width), linear(2 * width, width)
        self.norms = nn.ModuleList([nn.RMSNorm(width), nn.RMSNorm(width)])

    def zero_state(self, streams):
        return self.recurrence.zero_state(streams)

    def forward(self, x, starts, state):
        value, gate = self.enter(self.norms[0](x)).chunk(2, -1)
        value, state = self.recurrence(value, starts, state)
        x = x + self.leave(value * F.gelu(gate))
        value, gate = self.up(self.norms[1](x)).chunk(2, -1)
        return x + self.down(value * F.gelu(gate)), state


class Mlp(nn.Module):
    """A gated MLP (Shazeer 2020) beside what came in; it adds nothing at first."""

    def __init__(self, width, inner):
        super().__init__()
        self.enter, self.leave = nn.Linear(width, 2 * inner, bias=False), nn.Linear(inner, width, bias=False)
        self.norm = nn.RMSNorm(width, elementwise_affine=False)
        nn.init.zeros_(self.leave.weight)

    def zero_state(self, streams):
        return ()

    def forward(self, x, starts, state):
        value, gate = self.enter(self.norm(x)).chunk(2, -1)
        return x + self.leave(value * F.silu(gate)), state


class Enter(nn.Linear):
    """From the embedding's width to the blocks'."""

    def __init__(self, width, hidden):
        super().__init__(width, hidden, bias=False)

    def zero_state(self, streams):
        return ()

    def forward(self, x, starts, state):
        return super().forward(x), state


def plain_lstm(width):
    return MogrifierLstm(width, width, rounds=0)


RECURRENCES = {"minLSTM": MinLstm, "RG-LRU": RgLru, "mLSTM": MLstm, "LSTM in blocks": plain_lstm}
MLPS = ("LSTM with MLP", "LSTM with MLP, normed")


def layers(cell, count, embedding, hidden):
    if cell in ("Mogrifier", "LSTM, normed"):
        rounds = 4 if cell == "Mogrifier" else 0
        return [MogrifierLstm(hidden if at else embedding, hidden, rounds) for at in range(count)]
    if cell in MLPS:
        pairs = ((MogrifierLstm(hidden if at else embedding, hidden, 0), Mlp(hidden, hidden)) for at in range(count))
        return [layer for pair in pairs for layer in pair]
    return [Enter(embedding, hidden)] + [Block(RECURRENCES[cell], hidden) for _ in range(count)]
