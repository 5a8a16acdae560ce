"""Checks this folder against the program: python models/pretrain/check.py [RNN-LSP]

On a tiny corpus of its own: the first steps of `rnn-lsp train` and of train.py lead to the same weights, and each goes on
from the other's checkpoint; a training that is interrupted and resumed leads to the weights of an uninterrupted one;
two processes to those of one; and the program opens what is packed.
"""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

HERE = Path(__file__).parent
PROGRAM = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent.parent / "target/debug/rnn-lsp").absolute()
SHAPE = "--layers 2 --hidden 24 --embedding 16 --batch 4 --bptt 16 --learning-rate 0.01 --warmup 100 --decay 0.5 --sampled-classes 200"
WHO = ["Anna", "the old baker", "her brother Paul", "nobody in the harbor", "a tired clerk"]
WHAT = ["read the letter twice", "closed the shop", "waited for the rain", "went home", "laughed at that"]


def story(number):
    sentences = []
    for at in range(30 + number % 17):
        pick = number * 7 + at * at
        sentences.append(f"On day {number} {WHO[pick % 5]} {WHAT[pick // 5 % 5]}, and {WHO[(pick + at) % 5]} asked why.")
    return f"Day {number}\n\n" + "\n\n".join(" ".join(sentences[at : at + 6]) for at in range(0, len(sentences), 6))


def run(*command, **environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=os.environ | environment)
    if done.returncode:
        sys.exit(f"{' '.join(str(word) for word in command)}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def train(model, *options, processes=1):
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"] if processes > 1 else []
    settings = [] if "--resume" in options else SHAPE.split()
    device = ["--device", "cpu", "--precision", "f32"]
    return run(
        sys.executable, *torchrun, HERE / "train.py", "--out", model, *settings, *device, *options, OMP_NUM_THREADS="1"
    )


def interrupted(model, *options):
    """A training that is told to stop after its first report."""
    settings = [*SHAPE.split(), "--device", "cpu", "--report-every", "0", *options]
    command = [sys.executable, HERE / "train.py", "--out", model, *settings]
    trainer = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    for line in trainer.stdout:
        if "loss" in line:
            trainer.send_signal(signal.SIGINT)
    assert trainer.wait() == 130, "a training that was stopped says so"


def prepared(folder, name):
    """The same corpus in a run of its own."""
    model = folder / name
    shape = "--vocabulary 600 --threads 1".split()
    run(PROGRAM, "train", "--prepare", *shape, "--out", model, folder / "texts")
    return model


def weights(model):
    """What must agree: weights, and the streams' hidden states."""
    tensors = load_file(str(model) + ".run/checkpoint.safetensors")
    return {name: value.ravel() for name, value in tensors.items() if name.startswith("parameters.") or name.endswith(".h")}


def check(what, ours, theirs, tolerance):
    assert ours.keys() == theirs.keys(), f"{what}: other tensors"
    worst = max(float(np.abs(ours[name] - theirs[name]).max()) for name in ours)
    print(f"{what}: at most {worst:.1e} apart")
    assert worst <= tolerance, f"{what}: expected at most {tolerance}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "texts").mkdir()
        for number in range(25):
            (folder / "texts" / f"{number:02}.txt").write_text(story(number))

        rust = folder / "rust.model"
        tiny = [*SHAPE.split(), *"--vocabulary 600 --threads 1 --f32 --tokens 1920 --patience 0".split()]
        run(PROGRAM, "train", *tiny, "--out", rust, folder / "texts")
        steps = prepared(folder, "steps.model")
        train(steps, "--tokens", 1920, "--dropout", 0)
        check("thirty steps of rnn-lsp train and of train.py", weights(steps), weights(rust), 2e-4)

        # Each goes on from the other's checkpoint.
        run(PROGRAM, "train", "--resume", "--tokens", 3840, "--patience", 0, "--out", steps)
        train(rust, "--resume", "--tokens", 3840)
        check("thirty more, trainers exchanged", weights(steps), weights(rust), 2e-3)

        # An epoch and more, so that the order of the second one counts too; with dropout, which must be drawn again.
        whole, halves, one, two = (prepared(folder, f"{name}.model") for name in ("whole", "halves", "one", "two"))
        train(whole, "--tokens", 20000, "--dropout", 0.2)
        interrupted(halves, "--tokens", 20000, "--dropout", 0.2)
        train(halves, "--resume")
        check("stopped and resumed, and not stopped", weights(halves), weights(whole), 0)

        train(one, "--tokens", 1920, "--dropout", 0)
        train(two, "--tokens", 1920, "--dropout", 0, processes=2)
        check("two processes and one", weights(two), weights(one), 2e-4)

        said = run(PROGRAM, "train", "--pack", "--out", whole)
        print(said.strip())
        print(run(PROGRAM, "eval", whole, "--max-words", "20", folder / "texts" / "07.txt").strip().splitlines()[0])
    print("all held")


main()
