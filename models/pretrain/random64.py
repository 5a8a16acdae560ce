"""SplitMix64 as src/nn/random.rs has it, a whole array at a time: same seed, same numbers as `rnn-lsp train`."""

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
MASK = 0xFFFFFFFFFFFFFFFF


def _finish(z, multipliers):
    for shift, multiplier in zip((30, 27), multipliers):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(multiplier)
    return z ^ (z >> np.uint64(31))


class Random:
    def __init__(self, seed):
        self.state = seed & MASK

    def bits(self, count):
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN)
        z = np.uint64(self.state) + steps
        self.state = (self.state + count * GOLDEN) & MASK
        return _finish(z, (0xBF58476D1CE4E5B9, 0x94D049BB133111EB))

    def uniform(self, count):
        """In [0, 1), f32."""
        return (self.bits(count) >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)


def mix(seed, values):
    """Hashes numbers under a seed, as `shards::mix`: three rounds, where the generator has two."""
    # At least an array of one: numpy warns of scalars that overflow, which is the point here.
    z = np.uint64(seed & MASK) ^ ((np.atleast_1d(np.asarray(values, dtype=np.uint64)) + np.uint64(1)) * np.uint64(GOLDEN))
    for shift, multiplier in ((30, 0xBF58476D1CE4E5B9), (30, 0x94D049BB133111EB), (30, 0xBF58476D1CE4E5B9)):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(multiplier)
    return z ^ (z >> np.uint64(31))
