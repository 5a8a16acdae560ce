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

import optim
from training import Training

INTERRUPTED = 130


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
    add("--hidden", type=int, default=768)
    add("--embedding", type=int, default=320)
    add("--batch", type=int, default=512, help="streams, of all processes together")
    add("--bptt", type=int, default=64)
    add("--dropout", type=float, default=0.2)
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
    if args.tokens is not None and args.minutes is not None:
        parser.error("--tokens or --minutes, not both")
    if args.tokens is None and args.minutes is None and not args.resume:
        parser.error("one of --tokens and --minutes says how long")
    return args


def folder_of(args):
    """The run's folder, locked: two trainers would overwrite each other's checkpoints."""
    run = args.out.with_name(args.out.name + ".run")
    if not (run / "tokens.bin").exists():
        raise ValueError(f"{run}/tokens.bin is missing: rnn-lsp train --prepare --out {args.out} TEXT... makes it")
    has_checkpoint = (run / "checkpoint.safetensors").exists()
    if args.resume and not has_checkpoint:
        raise ValueError(f"{run} has no checkpoint to go on from")
    if has_checkpoint and not (args.resume or args.force):
        raise ValueError(f"{run} has a checkpoint: --resume goes on from it, --force begins anew")
    lock = open(run / "lock", "w")
    if int(os.environ.get("RANK", 0)) == 0:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"{run} is in use by another run") from None
    return run, lock


def train(args):
    run, _lock = folder_of(args)
    training = Training(args, run)
    log = Log(run, training)
    settings = training.settings
    stop = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.append(True))
    clock = time.monotonic() - training.progress["seconds"]
    saved = reported = time.monotonic()
    # Agreeing waits for the device and for all processes, so not at every step.
    agree_every = 16 if training.processes.size > 1 or training.device.type == "cuda" else 1
    if args.minutes and not training.done:
        settings["tokens"] = training.streams.tokens_of_epoch
    stopped = over = False
    while not (stopped or over):
        before, losses = training.done, 0.0
        for _ in range(agree_every):
            losses = losses + training.step()
            if args.minutes is None and training.done >= settings["tokens"]:
                break
        log.losses = log.losses + losses
        now = time.monotonic()
        told = training.processes.agree(bool(stop), now - clock, now - saved >= 60 * args.checkpoint_every)
        stopped, training.progress["seconds"], save = told
        if args.minutes is not None:
            # The schedule learns from the clock how far it is.
            settings["tokens"] = int(training.done * 60 * args.minutes / training.progress["seconds"])
        over = training.done >= settings["tokens"]
        if now - reported >= args.report_every or over:
            log.report()
            reported = now
        if over or training.done // args.valid_every > before // args.valid_every:
            log.judge()
        if save or stopped or over:
            training.save()
            saved = now
    next_command = "rnn-lsp train --pack" if over else "train.py --resume"
    log.say(f"{next_command} --out {args.out} {'makes the model' if over else 'goes on'}")
    if training.processes.size > 1:
        dist.destroy_process_group()
    return 0 if over else INTERRUPTED


class Log:
    """What the first process prints, and writes for TensorBoard."""

    def __init__(self, run, training):
        self.training, self.losses, self.since, self.time = training, 0.0, training.done, time.monotonic()
        self.flops = training.network.flops(training.settings["classes"])
        self.board = None
        if training.processes.rank == 0:
            from torch.utils.tensorboard import SummaryWriter

            self.board = SummaryWriter(run / "tensorboard")
        settings, processes = training.settings, training.processes
        weights = sum(parameter.numel() for parameter in training.network.parameters()) / 1e6
        self.say(f"{weights:.2f} M weights: {settings['network']}; {training.streams.tokens_of_epoch / 1e6:.2f} M tokens")
        self.say(f"{processes.size} x {processes.name()}, {training.precision}, {settings['batch']} x {settings['bptt']}")

    def say(self, text):
        if self.board is not None:
            print(text, flush=True)

    def write(self, **values):
        for name, value in values.items():
            if self.board is not None:
                self.board.add_scalar(name.replace("_", " "), value, self.training.done)

    def report(self):
        training, now = self.training, time.monotonic()
        tokens = training.done - self.since
        loss = float(self.losses) * training.processes.size / max(tokens, 1)
        if not math.isfinite(loss):
            raise ValueError(f"the loss is {loss} after {training.done} tokens: a lower --learning-rate may help")
        speed = tokens / (now - self.time)
        rate, flops = optim.rate(training.settings, training.done), self.flops * speed / training.processes.size
        of_peak = f", {100 * flops / training.peak:.1f} % of a device's peak" if training.peak else ""
        total = training.settings["tokens"] / 1e6
        self.say(
            f"{training.done / 1e6:.2f} of {total:.2f} M tokens, loss {loss:.3f}, {speed:,.0f} tokens/s, "
            f"{flops / 1e12:.2f} TFLOP/s{of_peak}"
        )
        self.write(loss=loss, tokens_per_second=speed, learning_rate=rate, FLOPs_per_second=flops)
        self.losses, self.since, self.time = 0.0, training.done, now

    def judge(self):
        token, word = self.training.validate()
        self.say(f"{self.training.done / 1e6:.2f} M tokens: validation perplexity {token:.2f} per token, {word:.2f} per word")
        self.write(perplexity_per_token=token, perplexity_per_word=word)


if __name__ == "__main__":
    try:
        sys.exit(train(arguments()))
    except (ValueError, OSError) as error:
        sys.exit(f"train.py: {error}")
