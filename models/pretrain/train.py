"""Pretrains the network of `rnn-lsp train` with PyTorch, on GPUs or on CPU: see README.md."""

import argparse
import fcntl
import math
import os
import signal
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import checkpoint
import optim
from network import Network, initial
from random64 import mix
from sampling import Sampler
from shards import open_run
from streams import Reader, Streams, on_device

# bf16 products with dense operands, in FLOP/s, by what a device's name has in it.
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "4090": 165e12, "3090": 71e12}
VALID_STREAMS, VALID_STEPS = 64, 256


def arguments():
    def count(text):
        factor = {"k": 1e3, "M": 1e6, "G": 1e9}.get(text[-1])
        return round(float(text[:-1]) * factor) if factor else int(text)

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="MODEL", help="as `rnn-lsp train --prepare --out MODEL` was told")
    add("--resume", action="store_true", help="go on from the checkpoint in MODEL.run")
    add("--force", action="store_true", help="begin anew although there is a checkpoint")
    add("--tokens", type=count, help="end after so many")
    add("--minutes", type=float, help="or after so long")
    add("--layers", type=int, default=2)
    add("--hidden", type=int, default=1024)
    add("--embedding", type=int, default=384)
    add("--batch", type=int, default=512, help="streams, of all processes together")
    add("--bptt", type=int, default=64)
    add("--dropout", type=float, default=0.1)
    add("--learning-rate", type=float, default=0.003)
    add("--warmup", type=count, default="10M", help="tokens over which the learning rate rises")
    add("--decay", type=float, default=0.5, help="fraction of the training over which it falls to zero")
    add("--clip", type=float, default=1.0)
    add("--sampled-classes", type=int, default=8192, help="0: all")
    add("--seed", type=int, default=1)
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--precision", choices=["auto", "bf16", "f32"], default="auto", help="auto: bf16 on a GPU")
    add("--compile", action="store_true", help="compile the loss")
    add("--valid-every", type=count, default="50M", help="tokens between validations")
    add("--checkpoint-every", type=float, default=3.0, help="minutes between checkpoints")
    add("--report-every", type=float, default=2.0, help="seconds between lines")
    add("--peak", type=float, help="FLOP/s that the device could do, where its name does not say it")
    args = parser.parse_args()
    if (args.tokens is None) == (args.minutes is None) and not args.resume:
        parser.error("one of --tokens and --minutes says how long")
    return args


class Processes:
    """This process among those that torchrun started, or alone."""

    def __init__(self, device, batch):
        self.rank, self.size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if device == "cuda":
            device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
            torch.cuda.set_device(device)
        self.device = torch.device(device)
        if batch % self.size:
            raise ValueError(f"{batch} streams cannot be dealt out to {self.size} processes evenly")
        if self.size > 1:
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    def columns(self, streams):
        return range(self.rank * streams // self.size, (self.rank + 1) * streams // self.size)

    def sum(self, tensor):
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def whole(self, part):
        """The states of all processes' streams."""
        if self.size == 1:
            return part
        parts = [torch.empty_like(part) for _ in range(self.size)]
        dist.all_gather(parts, part.contiguous())
        return torch.cat(parts, 1)

    def say(self, text):
        if self.rank == 0:
            print(text, flush=True)


def precision_of(wanted, device):
    """bf16 wherever the device's LSTM takes it (cuDNN since 9.13)."""
    if wanted == "f32" or (wanted == "auto" and device.type == "cpu"):
        return torch.float32
    try:
        lstm = torch.nn.LSTM(8, 8, device=device, dtype=torch.bfloat16)
        lstm(torch.zeros(1, 1, 8, device=device, dtype=torch.bfloat16))[0].sum().backward()
        return torch.bfloat16
    except RuntimeError as error:
        if wanted == "bf16":
            raise
        print(f"f32, since the LSTM of {device} takes no bf16: {error}", file=sys.stderr)
        return torch.float32


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
        if args.compile:
            self.network.loss = torch.compile(self.network.loss, dynamic=True)
        self.parallel = DistributedDataParallel(self.network) if processes.size > 1 else self.network

        tokens = on_device(shard, self.device)
        self.reader = Reader(tokens, self.streams, settings["bptt"], self.columns)
        self.sampler = Sampler(shard.counts(), settings["classes"], seed, self.device)
        self.valid = valid_shard, valid_parts, tokens if valid_shard is shard else on_device(valid_shard, self.device)
        self.step_tokens = settings["batch"] * settings["bptt"]
        peak = next((peak for name, peak in PEAKS.items() if name in self.name()), None)
        self.peak = args.peak or peak

    def name(self):
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"

    def step(self):
        """Learns from a window; the sum of its losses stays on the device."""
        window, self.progress["cursor"] = self.reader.next()
        if self.settings["dropout"] > 0:
            torch.manual_seed(int(mix(self.settings["seed"] + self.processes.rank, self.done)[0]) >> 1)
        loss, self.state = self.parallel(window, self.state, self.sampler.draw(self.done))
        for parameter in self.network.parameters():
            parameter.grad = None
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
        self.network.train()
        total = self.processes.sum(total).item()
        return math.exp(total / streams.tokens_of_epoch), math.exp(total / max(streams.words, 1))

    def save(self):
        state = [self.processes.whole(part) for part in self.state]
        if self.processes.rank == 0:
            ledger = {"losses": 0.0, "point_tokens": self.done, "point_seconds": self.progress["seconds"]}
            header = {
                "settings": self.settings,
                "tokens": self.done,
                "steps": self.adam.steps,
                "progress": self.progress | ledger,
            }
            checkpoint.write(self.path, header, self.network, self.adam, state)

    def agree(self, stop):
        """Whether anybody was told to stop, and the first process's clock."""
        word = torch.tensor([float(stop), self.progress["seconds"] * (self.processes.rank == 0)], device=self.device)
        stop, seconds = self.processes.sum(word).tolist()
        self.progress["seconds"] = seconds
        return stop > 0


def train(args):
    run = args.out.with_name(args.out.name + ".run")
    if not (run / "tokens.bin").exists():
        raise ValueError(f"{run}/tokens.bin is missing: rnn-lsp train --prepare --out {args.out} TEXT... makes it")
    if (run / "checkpoint.safetensors").exists() != args.resume and not args.force:
        raise ValueError(f"{run} has {'no' if args.resume else 'a'} checkpoint: see --resume and --force")
    lock = open(run / "lock", "w")
    if int(os.environ.get("RANK", 0)) == 0:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    torch.backends.cuda.matmul.allow_tf32 = True
    training = Training(args, run)
    processes, settings = training.processes, training.settings
    say, board = processes.say, open_board(run, processes)
    flops = training.network.flops(settings["classes"])
    weights = sum(parameter.numel() for parameter in training.network.parameters())
    say(f"{weights / 1e6:.2f} M parameters, {settings['network']}; {training.streams.tokens_of_epoch / 1e6:.2f} M tokens")
    say(f"{processes.size} x {training.name()}, {training.precision}, {settings['batch']} streams of {settings['bptt']}")

    stop = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.append(True))
    clock = time.monotonic() - training.progress["seconds"]
    # Agreeing waits for the device and for all processes, so not at every step.
    steps_between = 16 if processes.size > 1 or training.device.type == "cuda" else 1
    reported, saved, losses, since, steps = time.monotonic(), time.monotonic(), 0.0, training.done, 0
    stopped = False
    while not stopped:
        if args.minutes is None and training.done >= settings["tokens"]:
            break
        if args.minutes is not None and steps % steps_between == 0:
            seconds, limit = training.progress["seconds"], 60 * args.minutes
            if seconds >= limit:
                break
            # The schedule learns from the clock how far it is.
            ahead = training.done * limit / seconds if training.done and seconds else training.streams.tokens_of_epoch
            settings["tokens"] = int(ahead)
        before = training.done
        losses = losses + training.step()
        steps += 1
        if steps % steps_between and training.done < settings["tokens"]:
            continue
        training.progress["seconds"] = time.monotonic() - clock
        stopped = training.agree(bool(stop))
        now, seconds = time.monotonic(), training.progress["seconds"]
        if processes.rank == 0 and now - reported >= args.report_every:
            loss = float(losses) * processes.size / (training.done - since)
            if not math.isfinite(loss):
                raise ValueError(f"the loss is {loss} after {training.done} tokens: lower --learning-rate")
            speed = (training.done - since) / (now - reported)
            report(say, board, training, loss, speed, flops * speed / processes.size)
            reported, losses, since = now, 0.0, training.done
        every = args.valid_every
        if training.done // every > (training.done - steps_between * training.step_tokens) // every:
            judge(training, say, board)
        if saved is not None and everybody(processes, now - saved >= 60 * args.checkpoint_every):
            training.save()
            saved = time.monotonic()
    if not stopped:
        judge(training, say, board)
    training.save()
    say(f"rnn-lsp train --{'resume' if stopped else 'pack'} --out {args.out}")
    if processes.size > 1:
        dist.destroy_process_group()
    return 130 if stopped else 0


def everybody(processes, word):
    """What the first process says."""
    word = torch.tensor(float(word and processes.rank == 0), device=processes.device)
    return processes.sum(word).item() > 0


def report(say, board, training, loss, speed, flops):
    share = f", {100 * flops / training.peak:.1f} % of peak" if training.peak else ""
    tokens, total = training.done / 1e6, training.settings["tokens"] / 1e6
    say(f"{tokens:.2f} of {total:.2f} M tokens, loss {loss:.3f}, {speed:,.0f} tokens/s, {flops / 1e12:.2f} TFLOP/s{share}")
    rate = optim.rate(training.settings, training.done)
    for name, value in (("loss", loss), ("tokens per second", speed), ("learning rate", rate), ("FLOP/s", flops)):
        board.add_scalar(f"train/{name}", value, training.done)


def judge(training, say, board):
    token, word = training.validate()
    best = training.progress["best"]
    training.progress["best"] = token if best is None else min(best, token)
    say(f"{training.done / 1e6:.2f} M tokens: validation perplexity {token:.2f} per token, {word:.2f} per word")
    board.add_scalar("valid/perplexity per token", token, training.done)
    board.add_scalar("valid/perplexity per word", word, training.done)


class NoBoard:
    def add_scalar(self, *_):
        pass


def open_board(run, processes):
    if processes.rank != 0:
        return NoBoard()
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(run / "tensorboard")


if __name__ == "__main__":
    try:
        sys.exit(train(arguments()))
    except (ValueError, OSError) as error:
        sys.exit(f"train.py: {error}")
