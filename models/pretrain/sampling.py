"""Classes of the sampled softmax, drawn as src/train/trainer.rs draws them."""

import numpy as np
import torch

from random64 import MASK, Random


def inclusion(counts, classes):
    """Probability of each token to be among a step's classes, so that `classes` are expected."""
    if classes == 0 or classes >= len(counts):
        return None
    weights = (counts + 1.0) ** 0.75
    weights /= weights.sum()
    expected = lambda draws: -np.expm1(-draws * weights)
    low, high = 0.0, 1.0
    while expected(high).sum() < classes and high < 1e12:
        high *= 2
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if expected(middle).sum() < classes else (low, middle)
    return expected(high).astype(np.float32)


class Sampler:
    """A step's sample: `classes`, the `offsets` that their logits are reduced by, and whether a token is in `position`."""

    def __init__(self, counts, classes, seed, device):
        self.inclusion, self.seed, self.device = inclusion(counts, classes), seed, device
        self.classes = self.offsets = self.position = None
        if self.inclusion is not None:
            self.offsets = torch.from_numpy(np.log(self.inclusion)).to(device)

    def draw(self, tokens):
        """The classes of the step that comes after so many tokens, the same in every process."""
        if self.inclusion is not None:
            random = Random((self.seed ^ (tokens * 0x2545F4914F6CDD1D)) & MASK)
            drawn = torch.from_numpy(random.uniform(len(self.inclusion)) < self.inclusion)
            classes = drawn.nonzero().squeeze(1)
            if self.device.type == "cuda":
                drawn, classes = drawn.pin_memory(), classes.pin_memory()
            self.classes = classes.to(self.device, non_blocking=True)
            self.position = drawn.to(self.device, non_blocking=True)
        return self
