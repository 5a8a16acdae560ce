"""Contiguous streams for truncated BPTT, in the order of src/train/streams.rs: a stream reads whole documents end to end,
and when one ends it takes the next of the epoch's shuffle. Every stream reads one token a step, so when each will need
its next part is known ahead, and a queue of those moments gives any number of streams (of any number of processes)
the same order as reading them token by token.
"""

import heapq
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from random64 import mix
from shards import DOC

NO_PART = (1 << 64) - 1
PARTS_PER_STREAM = 8
SHORTEST_CUT = 1024


@dataclass
class Window:
    """A window as packed sequences: one for each stretch of a stream in it, the longest first, so that a state can be zeroed in
    the middle of a window and the recurrence still runs in one call. Rows are time-major: the first `sizes[0]` rows are
    the first tokens of all sequences, and so on."""

    inputs: torch.Tensor  # (rows)
    targets: torch.Tensor  # (rows)
    sizes: torch.Tensor  # (steps), on the CPU: sequences that have a token at each step
    carry: torch.Tensor  # (sequences): the stream whose state a sequence goes on from
    keep: torch.Tensor  # (sequences): 0 where a sequence starts at the zero state instead
    last: torch.Tensor  # (streams): the last sequence of each


class Streams:
    def __init__(self, shard, parts, batch, seed=None):
        """Endless and shuffled with a seed; without one, every part once, for judging."""
        self.tokens_of_epoch = sum(length for _, length, _ in parts)
        self.words = sum(words for _, _, words in parts)
        if seed is not None:
            parts = shard.cut(parts, max(self.tokens_of_epoch // (PARTS_PER_STREAM * batch), SHORTEST_CUT))
        self.parts, self.batch, self.seed = parts, batch, seed
        self.rewind()

    def rewind(self):
        self.stand_at({"tokens": 0, "epoch": 0, "taken": 0, "places": [[NO_PART, 0]] * self.batch})

    def stand_at(self, cursor):
        places = cursor["places"]
        fits = lambda part, offset: part == NO_PART or (part < len(self.parts) and offset <= self.parts[part][1])
        if len(places) != self.batch or cursor["taken"] > len(self.parts) or not all(fits(*place) for place in places):
            raise ValueError("the checkpoint belongs to another corpus or another number of streams")
        self.now, self.read, self.epoch, self.taken = 0, cursor["tokens"], cursor["epoch"], cursor["taken"]
        self.order = self.epoch_order()
        self.reading = []  # for each stream: its part, and when it read that part's first token
        self.moments = []  # when which stream needs its next part
        for stream, (part, offset) in enumerate(places):
            self.reading.append((part, -offset))
            left = 0 if part == NO_PART else self.parts[part][1] - offset
            heapq.heappush(self.moments, (left, stream))

    def place(self):
        """Where the streams stand, cheap to take after every window; `cursor` is what a checkpoint says of it."""
        return self.now, self.read, self.epoch, self.taken, list(self.reading)

    @staticmethod
    def cursor(place):
        now, read, epoch, taken, reading = place
        places = [[part, 0 if part == NO_PART else now - since] for part, since in reading]
        return {"tokens": read, "epoch": epoch, "taken": taken, "places": places}

    def epoch_order(self):
        if self.seed is None:
            keys = -np.array([length for _, length, _ in self.parts])
        else:
            epoch_seed = int(mix(self.seed, self.epoch)[0])
            keys = mix(epoch_seed, np.arange(len(self.parts)))
        return np.argsort(keys, kind="stable").tolist()

    def take(self):
        if self.taken == len(self.order):
            if self.seed is None:
                return None
            self.epoch, self.taken = self.epoch + 1, 0
            self.order = self.epoch_order()
        self.taken += 1
        return self.order[self.taken - 1]

    def stretches(self, steps, columns):
        """The next window's stretches in some of the streams, a (stream, first step, end, position in the shard, whether a
        part starts) each."""
        end = self.now + steps
        begun, found = {}, []

        def add(stream, until):
            part, since = self.reading[stream]
            begin = begun.get(stream, 0)
            first = self.now + begin
            if stream in columns and part != NO_PART and until > first:
                start = self.parts[part][0]
                found.append((stream, begin, until - self.now, start + first - since, first == since))
            begun[stream] = until - self.now

        while self.moments and self.moments[0][0] < end:
            moment, stream = heapq.heappop(self.moments)
            add(stream, moment)
            part = self.take()
            if part is None:
                self.reading[stream] = (NO_PART, moment)
                continue
            self.reading[stream] = (part, moment)
            heapq.heappush(self.moments, (moment + self.parts[part][1], stream))
        for stream in columns:
            add(stream, end)
        self.now = end
        self.read += steps * self.batch
        return found


def on_device(shard, device):
    """The whole token file where steps are computed, a document start behind it."""
    # Their bits as signed numbers: indexing unsigned ones of 16 bits is not supported everywhere.
    signed = {2: np.int16, 4: np.int32}[shard.tokens.itemsize]
    return torch.from_numpy(np.append(shard.tokens, shard.tokens.dtype.type(DOC)).view(signed)).to(device)


class Reader:
    """Windows of a range of streams; the next one is made while this one is learned from."""

    def __init__(self, tokens, streams, steps, columns):
        self.tokens, self.device = tokens, tokens.device
        self.mask = (1 << 8 * tokens.itemsize) - 1
        self.streams, self.steps, self.columns = streams, steps, columns
        # A thread's memory is pinned for the first device unless it is told otherwise.
        pinned_for = [self.device] if self.device.type == "cuda" else []
        self.worker = ThreadPoolExecutor(1, initializer=lambda: [torch.cuda.set_device(d) for d in pinned_for])
        self.ahead = None

    def next(self):
        """The next window and the streams' place after it; no window when there is nothing more."""
        plan, place = (self.ahead or self.worker.submit(self.plan)).result()
        self.ahead = self.worker.submit(self.plan)
        return (None if plan is None else self.window(*plan)), place

    def plan(self):
        found = self.streams.stretches(self.steps, self.columns)
        place = self.streams.place()
        if not found:
            return None, place
        found.sort(key=lambda stretch: (stretch[1] - stretch[2], stretch[1], stretch[0]))
        stream, begin, end, position, starts = (np.array(column) for column in zip(*found))
        first = self.columns.start
        lengths = end - begin
        step = np.arange(lengths.max())[:, None]
        inside = step < lengths[None, :]
        positions = (position[None, :] + step)[inside]
        start = (starts[None, :] & (step == 0))[inside]
        keep = ~(starts | (begin > 0))
        last = np.zeros(len(self.columns), dtype=np.int64)
        latest = np.argsort(end, kind="stable")
        last[stream[latest] - first] = latest
        plan = [positions, start, stream - first, keep.astype(np.float32), last]
        tensors = [torch.from_numpy(np.ascontiguousarray(array)) for array in plan]
        if self.device.type == "cuda":
            tensors = [tensor.pin_memory() for tensor in tensors]
        return (torch.from_numpy(inside.sum(1)), *tensors), place

    def window(self, sizes, *tensors):
        positions, start, carry, keep, last = (tensor.to(self.device, non_blocking=True) for tensor in tensors)
        # What precedes a part is not known to the network, so its first token is read as the start of a document.
        inputs = (self.tokens[positions].long() & self.mask).masked_fill(start, DOC)
        targets = self.tokens[positions + 1].long() & self.mask
        return Window(inputs, targets, sizes, carry, keep, last)
