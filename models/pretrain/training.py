"""A training in memory: network, optimizer, streams, and where it stands."""

import math

import torch
from torch.nn.parallel import DistributedDataParallel

import checkpoint
import optim
from network import Network, initial
from processes import PEAKS, Processes, precision_of
from random64 import mix
from sampling import Sampler
from shards import open_run
from streams import Reader, Streams, on_device

VALID_STREAMS, VALID_STEPS = 64, 256


def settings_of(args, vocabulary):
    """What a checkpoint says of a training, as the Settings of src/train/trainer.rs."""
    network = {"vocabulary": vocabulary, "embedding": args.embedding, "hidden": args.hidden, "layers": args.layers}
    return {
        "network": network,
        "batch": args.batch,
        "bptt": args.bptt,
        "dropout": args.dropout,
        "rate": args.learning_rate,
        "warmup": args.warmup,
        "decay": args.decay,
        "tokens": args.tokens or 0,
        "clip": args.clip,
        "classes": args.sampled_classes,
        "seed": args.seed,
        "threads": 1,
        "bf16": args.precision != "f32",
    }


class Training:
    def __init__(self, args, run):
        self.args, self.path = args, run / "checkpoint.safetensors"
        header = checkpoint.read_header(self.path) if args.resume else None
        seed = header["settings"]["seed"] if header else args.seed
        (shard, parts), (valid_shard, valid_parts) = open_run(run, seed)
        self.settings = header["settings"] if header else settings_of(args, shard.vocabulary)
        if header and args.tokens:
            self.settings["tokens"] = args.tokens
        settings = self.settings
        torch.set_float32_matmul_precision("high")
        self.processes = processes = Processes(args.device, settings["batch"])
        self.device = processes.device
        self.precision = precision_of(args.precision, self.device)

        self.streams = Streams(shard, parts, settings["batch"], seed)
        self.network = Network(settings["network"], settings["dropout"], self.precision).to(self.device)
        self.adam = optim.Adam(self.network)
        self.columns = processes.columns(settings["batch"])
        self.done, self.progress = 0, {"seconds": 0.0, "best": None, "stale": 0}
        if header:
            state = checkpoint.read(self.path, self.network, self.adam, settings["batch"])
            self.state = tuple(part[:, self.columns.start : self.columns.stop].to(self.device) for part in state)
            self.done, self.adam.steps, self.progress = header["tokens"], header["steps"], header["progress"]
            self.streams.stand_at(self.progress["cursor"])
        else:
            self.network.load(initial(settings["network"], seed))
            self.state = self.network.zero_state(len(self.columns))
        self.place = self.streams.place()
        if args.compile:
            self.network.loss = torch.compile(self.network.loss, dynamic=True)
        several = processes.size > 1
        self.parallel = DistributedDataParallel(self.network, broadcast_buffers=False) if several else self.network

        tokens = on_device(shard, self.device)
        self.reader = Reader(tokens, self.streams, settings["bptt"], self.columns)
        self.sampler = Sampler(shard.counts(), settings["classes"], seed, self.device)
        self.valid = valid_shard, valid_parts, tokens if valid_shard is shard else on_device(valid_shard, self.device)
        self.step_tokens = settings["batch"] * settings["bptt"]
        peak = next((peak for name, peak in PEAKS.items() if name in processes.name()), None)
        self.peak = args.peak or peak

    def step(self):
        """Learns from a window; the sum of its losses stays on the device."""
        window, self.place = self.reader.next()
        if self.settings["dropout"] > 0:
            torch.manual_seed(int(mix(self.settings["seed"] + self.processes.rank, self.done)[0]) >> 1)
        self.network.zero_grad(set_to_none=True)
        loss, self.state = self.parallel(window, self.state, self.sampler.draw(self.done))
        # Gradients become the mean over processes.
        (loss / (self.step_tokens // self.processes.size)).backward()
        optim.clip(list(self.network.parameters()), self.settings["clip"])
        self.adam.step(optim.rate(self.settings, self.done))
        self.done += self.step_tokens
        return loss.detach()

    def validate(self):
        """Perplexity per token and per word."""
        shard, parts, tokens = self.valid
        columns = self.processes.columns(VALID_STREAMS * self.processes.size)
        streams = Streams(shard, parts, VALID_STREAMS * self.processes.size)
        reader = Reader(tokens, streams, VALID_STEPS, columns)
        self.network.eval()
        state = self.network.zero_state(len(columns))
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        while (window := reader.next()[0]) is not None:
            loss, state = self.network.exact_losses(window, state)
            total += loss
        reader.worker.shutdown()
        self.network.train()
        total = self.processes.sum(total).item()
        token = math.exp(total / streams.tokens_of_epoch)
        self.progress["best"] = min(token, self.progress["best"] or math.inf)
        return token, math.exp(total / max(streams.words, 1))

    def save(self):
        state = [self.processes.whole(part) for part in self.state]
        if self.processes.rank == 0:
            self.progress |= {"losses": 0.0, "point_tokens": self.done, "point_seconds": self.progress["seconds"]}
            self.progress["cursor"] = Streams.cursor(self.place)
            header = {
                "settings": self.settings,
                "tokens": self.done,
                "steps": self.adam.steps,
                "progress": self.progress,
            }
            checkpoint.write(self.path, header, self.network, self.adam, state)
