"""What a token costs in PyTorch, in onnxruntime and here, in one run on one thread.

    pip install torch onnx onnxscript onnxruntime
    python benches/inference.py

The network has the shape of the shipped model: embedding, two LSTM layers, a projection, a softmax over the vocabulary tied to the
embedding; random weights, since speed does not depend on them. 8-bit weights are made by each engine's own dynamic quantization.
A call reads one token in each of one or eight states and returns the logits and the new states. The engines take turns, so
that whatever else the machine does disturbs all of them; medians of the processor's time of the one thread.
"""

import pathlib
import re
import subprocess
import tempfile
import time
import warnings

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

VOCABULARY, EMBEDDING, HIDDEN, LAYERS = 24_576, 256, 512, 2
ROUNDS, CALLS = 8, 40


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, EMBEDDING)
        self.lstm = torch.nn.LSTM(EMBEDDING, HIDDEN, LAYERS, batch_first=True)
        self.projection = torch.nn.Linear(HIDDEN, EMBEDDING)
        self.softmax = torch.nn.Linear(EMBEDDING, VOCABULARY)

    def forward(self, tokens, h, c):
        out, (h, c) = self.lstm(self.embedding(tokens), (h, c))
        return self.softmax(self.projection(out[:, -1])), h, c


def arguments(states):
    tokens = torch.randint(0, VOCABULARY, (states, 1))
    zero = torch.zeros(LAYERS, states, HIDDEN)
    return tokens, zero, zero.clone()


def of_torch(network, states):
    tokens, h, c = arguments(states)

    def call():
        with torch.inference_mode():
            network(tokens, h, c)

    return call


def of_onnx(path, states):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    feed = {name: value.numpy() for name, value in zip(names, arguments(states))}
    return lambda: session.run(None, feed)


def export(network, folder, states):
    path = folder / f"f32-{states}.onnx"
    names = ["tokens", "h", "c"]
    torch.onnx.export(network, arguments(states), str(path), input_names=names, dynamo=False)
    rounded = folder / f"int8-{states}.onnx"
    quantize_dynamic(str(path), str(rounded), weight_type=QuantType.QInt8)
    return path, rounded


def median(call):
    times = []
    for _ in range(CALLS):
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return 1e6 * float(np.median(times))


def ours(program):
    printed = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    return {int(n): float(us) for n, us in re.findall(r"^(\d) at once: (\d+) us", printed, re.M)}


def bench():
    """Builds the bench and says where it is, so that building is not timed."""
    command = ["cargo", "bench", "--bench", "inference", "--no-run"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return re.search(r"\((\S+inference-\w+)\)", printed).group(1)


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(1)
    program = bench()
    network = Network().eval()
    parts = {torch.nn.Linear, torch.nn.LSTM}
    rounded = torch.ao.quantization.quantize_dynamic(network, parts, dtype=torch.qint8)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        calls = {}
        for states in (1, 8):
            f32, int8 = export(network, pathlib.Path(folder), states)
            calls["PyTorch f32", states] = of_torch(network, states)
            calls["PyTorch int8", states] = of_torch(rounded, states)
            calls["onnxruntime f32", states] = of_onnx(f32, states)
            calls["onnxruntime int8", states] = of_onnx(int8, states)
        for _ in range(ROUNDS):
            for key, call in calls.items():
                found.setdefault(key, []).append(median(call))
            for states, us in ours(program).items():
                found.setdefault(("rnn-lsp int8", states), []).append(us)
    best = {key: float(np.median(times)) for key, times in found.items()}
    print("| engine | one state, us | eight states, us | times rnn-lsp |")
    print("|---|---|---|---|")
    for engine in dict.fromkeys(engine for engine, _ in best):
        one, eight = best[engine, 1], best[engine, 8]
        ratio = [best[engine, n] / best["rnn-lsp int8", n] for n in (1, 8)]
        print(f"| {engine} | {one:.0f} | {eight:.0f} | {ratio[0]:.2f}, {ratio[1]:.2f} |")


if __name__ == "__main__":
    main()
