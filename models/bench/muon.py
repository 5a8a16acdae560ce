"""Muon (Jordan et al. 2024) for the matrices of the recurrent layers and the projection, Adam for everything else.

An LSTM's four gates are four matrices: each block is made orthogonal on its own, and moved by as much a value as Adam
moves (Moonlight's 0.2 sqrt(max(rows, columns))), so that both keep one learning rate."""

import torch

import optim
from network import is_transposed

MOMENTUM = 0.95


def orthogonal(blocks, steps=5):
    """The nearest orthogonal matrices, about, by the quintic Newton-Schulz iteration; (blocks, rows, columns)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = blocks.shape[1] > blocks.shape[2]
    x = blocks.transpose(1, 2) if tall else blocks
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return x.transpose(1, 2) if tall else x


class Muon(optim.Adam):
    def __init__(self, network, factor=1.0):
        super().__init__(network)
        self.factor = factor
        self.matrices = {n: 4 if n.startswith("lstm") else 1 for n in self.parameters if is_transposed(n)}

    @torch.no_grad()
    def step(self, rate):
        for name, gates in self.matrices.items():
            parameter, mean = self.parameters[name], self.mean[name]
            gradient = parameter.grad
            mean.mul_(MOMENTUM).add_(gradient)
            ahead = (gradient + MOMENTUM * mean).view(gates, -1, parameter.shape[1])
            scale = 0.2 * max(ahead.shape[1:]) ** 0.5
            parameter.add_(orthogonal(ahead).view_as(parameter), alpha=-self.factor * rate * scale)
            parameter.grad = None
        super().step(rate)
