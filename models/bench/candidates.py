"""Trains a candidate with PyTorch on one CPU thread."""

import math
import time
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import cells
import checkpoint
import optim
from muon import Muon
from network import Network, initial
from sampling import Sampler
from shards import open_run
from streams import Reader, Streams, on_device

VALID_STREAMS, VALID_STEPS = 16, 64
NO_TARGET = -100


class CellNetwork(Network):
    """The network with other recurrences between embedding and projection; windows are (time, streams)."""

    def __init__(self, config, cell, dropout):
        super().__init__(config | {"layers": 0}, dropout)
        self.cells = nn.ModuleList(cells.layers(cell, config["layers"], config["embedding"], config["hidden"]))
        is_normed = cell in cells.RECURRENCES or cell.endswith("normed")
        self.norm = nn.RMSNorm(config["hidden"]) if is_normed else nn.Identity()

    def zero_state(self, streams):
        return [cell.zero_state(streams) for cell in self.cells]

    def read(self, window, state):
        x = F.dropout(self.embed(window), self.dropout, self.training)
        after = []
        for cell, before in zip(self.cells, state):
            x, new = cell(x, window.starts, before)
            x = F.dropout(x, self.dropout, self.training)
            after.append(tuple(part.detach() for part in new))
        return self.norm(x).flatten(0, 1) @ self.projection.T, after


class DenseReader(Reader):
    """Windows as (time, streams), for recurrences that zero their own state."""

    def plan(self):
        found = self.streams.stretches(self.steps, self.columns)
        place = self.streams.place()
        shape = self.steps, len(self.columns)
        positions, counted, starts = np.zeros(shape, np.int64), np.zeros(shape, bool), np.zeros(shape, bool)
        for stream, begin, end, position, start in found:
            positions[begin:end, stream] = range(position, position + end - begin)
            counted[begin:end, stream] = True
            starts[begin, stream] = start
        plan = [torch.from_numpy(array) for array in (positions, counted, starts)]
        return (plan if found else None), place

    def window(self, positions, counted, starts):
        inputs = (self.tokens[positions].long() & self.mask).masked_fill(starts, 0)
        targets = (self.tokens[positions + 1].long() & self.mask).masked_fill(~counted, NO_TARGET)
        return SimpleNamespace(inputs=inputs, targets=targets.flatten(), starts=starts)


def network_of(options):
    config = {name: options[name] for name in ("vocabulary", "embedding", "hidden", "layers")}
    if options["cell"] == "LSTM":
        network = Network(config, options["dropout"])
        network.load(initial(config, options["seed"]))
        return network, Reader
    torch.manual_seed(options["seed"])
    network = CellNetwork(config, options["cell"], options["dropout"])
    start = initial(config, options["seed"])
    with torch.no_grad():
        for name in ("table", "bias", "projection"):
            getattr(network, name).copy_(torch.from_numpy(start[name].T if name == "projection" else start[name]))
    return network, DenseReader


def as_large(options, wanted):
    """The options with the width that gives the cell about as many weights, since bytes are what a token costs."""

    def size(hidden):
        with torch.device("meta"):
            network = CellNetwork(options | {"hidden": hidden}, options["cell"], 0.0)
        return sum(parameter.numel() for parameter in network.parameters())

    return options | {"hidden": min(range(32, 1024, 8), key=lambda hidden: abs(size(hidden) - wanted))}


def train(folder, options, wanted):
    """Leaves a checkpoint; the perplexity per token on valid.bin, what was spent, and how large the network is."""
    torch.set_num_threads(1)
    if options["cell"] != "LSTM":
        options = as_large(options, wanted)
    network, reader_of = network_of(options)
    (shard, parts), valid = open_run(folder, options["seed"])
    streams = Streams(shard, parts, options["batch"], options["seed"])
    reader = reader_of(on_device(shard, torch.device("cpu")), streams, options["bptt"], range(options["batch"]))
    sampler = Sampler(shard.counts(), options["classes"], options["seed"], torch.device("cpu"))
    adam = Muon(network, options["factor"]) if options["optimizer"] == "Muon" else optim.Adam(network)
    settings = options | {"warmup": options["tokens"] // 50, "clip": 1.0}
    state, done, step_tokens = network.zero_state(options["batch"]), 0, options["batch"] * options["bptt"]
    parameters = list(network.parameters())
    before = time.process_time()
    while done < options["tokens"]:
        window, place = reader.next()
        if not options["carry"]:
            state = network.zero_state(options["batch"])
        loss, state = network(window, state, sampler.draw(done))
        network.zero_grad()
        (loss / step_tokens).backward()
        optim.clip(parameters, settings["clip"])
        adam.step(optim.rate(settings, done))
        done += step_tokens
    spent = time.process_time() - before
    if options["cell"] == "LSTM":
        config = {name: options[name] for name in ("vocabulary", "embedding", "hidden", "layers")}
        header = {"network": config, "threads": 1, "bf16": False} | {n: v for n, v in settings.items() if n not in config}
        header = {"settings": header, "tokens": done, "steps": adam.steps, "progress": {"cursor": Streams.cursor(place)}}
        checkpoint.write(folder / "checkpoint.safetensors", header, network, adam, state)
    size = sum(parameter.numel() for parameter in parameters)
    return {"perplexity": judge(network, reader_of, valid), "cpu": spent, "weights": size, "hidden": options["hidden"]}


def judge(network, reader_of, valid):
    shard, parts = valid
    streams = Streams(shard, parts, VALID_STREAMS)
    reader = reader_of(on_device(shard, torch.device("cpu")), streams, VALID_STEPS, range(VALID_STREAMS))
    network.eval()
    state, total = network.zero_state(VALID_STREAMS), 0.0
    while (window := reader.next()[0]) is not None:
        loss, state = network.exact_losses(window, state)
        total += loss.item()
    return math.exp(total / streams.tokens_of_epoch)
