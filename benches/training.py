"""What training costs in PyTorch and here: the same network, batch, sampled softmax and optimizer, in one run.

    pip install torch numpy
    taskset -c 1 python benches/training.py
    python benches/training.py 2

PyTorch runs the network of `models/pretrain`, which `models/pretrain/check.py` shows to do what `rnn-lsp train` does, weight for weight.
It is measured as it is installed; with the kernels for AVX-512 that Intel's library in it keeps from other makers' processors (a
function that says "yes, it is", preloaded; needs a C compiler and Linux); and with products in bf16, as `rnn-lsp train` computes them where
the processor can. The trainers take turns, so that whatever else the machine does disturbs all of them. Medians of tokens a second: of the
processor's time on one thread, by the clock on several, which is for a machine that does nothing else. The tokens are random, as often
as those of a language are: speed does not depend on what they mean.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PRETRAIN = HERE.parent / "models" / "pretrain"

# As in benches/training.rs.
SHAPE = {"vocabulary": 24_576, "embedding": 256, "hidden": 512, "layers": 2}
BATCH, STEPS, CLASSES = 16, 64, 4096
ROUNDS, TIMES = 3, 8

IS_INTEL = "int mkl_serv_intel_cpu_true(void) { return 1; }\n"


def of_torch(precision, threads):
    """Prints tokens a second: in a process of its own, since what is preloaded is chosen at its start."""
    import numpy as np
    import torch

    sys.path.insert(0, str(PRETRAIN))
    import optim
    from network import Network, initial
    from sampling import Sampler
    from streams import Window

    torch.set_num_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    vocabulary, rows = SHAPE["vocabulary"], BATCH * STEPS
    network = Network(SHAPE, 0.0, getattr(torch, precision))
    network.load(initial(SHAPE, 1))
    adam = optim.Adam(network)
    counts = 20_000_000 / (np.arange(vocabulary) + 10.0)
    sampler = Sampler(counts, CLASSES, 1, torch.device("cpu"))
    settings = {"rate": 2e-3, "warmup": 0, "decay": 0.2, "tokens": 1 << 30}
    random = np.random.default_rng(2)
    ids = lambda: torch.from_numpy(vocabulary ** random.random(rows)).long().clamp_(1) - 1
    streams = torch.arange(BATCH)
    state, done = network.zero_state(BATCH), 0

    def step():
        nonlocal state, done
        # No document starts, so there is one sequence for each stream.
        window = Window(ids(), ids(), torch.full((STEPS,), BATCH), streams, torch.ones(BATCH), streams)
        network.zero_grad(set_to_none=True)
        loss, state = network(window, state, sampler.draw(done))
        (loss / rows).backward()
        optim.clip(list(network.parameters()), 1.0)
        adam.step(optim.rate(settings, done))
        done += rows

    step()
    times = []
    for _ in range(TIMES):
        start = clock()
        step()
        times.append(clock() - start)
    # The lower quartile, as benches/training.rs takes it.
    print(rows / sorted(times)[TIMES // 4])


def torch_speed(precision, preloaded, threads):
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)} | ({"LD_PRELOAD": str(preloaded)} if preloaded else {})
    command = [sys.executable, __file__, "--torch", precision, str(threads)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def bench():
    """Builds the bench and says where it is, so that building is not timed."""
    command = ["cargo", "bench", "--bench", "training", "--no-run"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return re.search(r"\((\S+training-\w+)\)", printed).group(1)


def ours(program, threads):
    command = [program, "--steps"] + (["--wall"] if threads > 1 else [])
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(re.search(rf"^{threads} threads: (\d+) tokens", printed, re.M).group(1))


def compiled(folder):
    source, library = folder / "intel.c", folder / "intel.so"
    source.write_text(IS_INTEL)
    made = subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], capture_output=True)
    return library if made.returncode == 0 else None


def main(threads):
    program = bench()
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(pathlib.Path(folder))
        speeds = {"PyTorch f32, as installed": lambda: torch_speed("float32", None, threads)}
        if library:
            speeds["PyTorch f32, AVX-512"] = lambda: torch_speed("float32", library, threads)
        speeds["PyTorch bf16"] = lambda: torch_speed("bfloat16", None, threads)
        speeds["rnn-lsp train"] = lambda: ours(program, threads)
        found = {name: [] for name in speeds}
        for _ in range(ROUNDS):
            for name, speed in speeds.items():
                found[name].append(speed())
    middle = {name: sorted(all)[len(all) // 2] for name, all in found.items()}
    print(f"{SHAPE}, {BATCH} streams of {STEPS} tokens, {CLASSES} classes, threads: {threads}\n")
    print("| trainer | tokens a second | rnn-lsp is times as fast |")
    print("|---|---|---|")
    for name, speed in middle.items():
        print(f"| {name} | {speed:.0f} | {middle['rnn-lsp train'] / speed:.2f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--torch"]:
        of_torch(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
