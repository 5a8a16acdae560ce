"""Trains candidates on the same slice and prints one table: python models/bench/bench.py --help

LSTMs with Adam are trained by `rnn-lsp train`, everything else here, by the code of models/pretrain on one CPU thread. Those
that the program can run are measured by `rnn-lsp eval` as well. Results are appended to a file of JSON lines, and what
is there already is not run again.
"""

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "pretrain"))

BASE = {
    "cell": "LSTM",
    "optimizer": "Adam",
    "factor": 1.0,
    "vocabulary": 8192,
    "layers": 2,
    "hidden": 128,
    "embedding": 64,
    "batch": 16,
    "bptt": 64,
    "dropout": 0.0,
    "rate": 0.002,
    "decay": 0.3,
    "classes": 1024,
    "seed": 1,
    "carry": True,
    "tokens": 400_000,
    "trainer": "rust",
}
SHIPPED = {"vocabulary": 24_576, "hidden": 512, "embedding": 256, "classes": 4096}
TORCH = {"trainer": "torch"}
CANDIDATES = {
    "base": {},
    "another seed": {"seed": 2},
    "Muon": TORCH | {"optimizer": "Muon"},
    "64 streams": {"batch": 64},
    "64 streams, Muon": TORCH | {"batch": 64, "optimizer": "Muon"},
    "base in PyTorch": TORCH,
    "RG-LRU": TORCH | {"cell": "RG-LRU"},
    "minLSTM": TORCH | {"cell": "minLSTM"},
    "minLSTM, rate x 2": TORCH | {"cell": "minLSTM", "rate": 0.004},
    "LSTM in blocks": TORCH | {"cell": "LSTM in blocks"},
    "LSTM with MLP": TORCH | {"cell": "LSTM with MLP"},
    "LSTM with MLP, normed": TORCH | {"cell": "LSTM with MLP, normed"},
    "LSTM, normed": TORCH | {"cell": "LSTM, normed"},
    "LSTM with MLP, rate x 2": TORCH | {"cell": "LSTM with MLP", "rate": 0.004},
    "LSTM with MLP, normed, rate x 2": TORCH | {"cell": "LSTM with MLP, normed", "rate": 0.004},
    "LSTM in blocks, rate x 2": TORCH | {"cell": "LSTM in blocks", "rate": 0.004},
    "Mogrifier": TORCH | {"cell": "Mogrifier"},
    "mLSTM": TORCH | {"cell": "mLSTM"},
    "rate x 2": {"rate": 0.004},
    "rate / 2": {"rate": 0.001},
    "64 streams, rate x 2": {"batch": 64, "rate": 0.004},
    "1 layer": {"layers": 1, "hidden": 192},
    "3 layers": {"layers": 3, "hidden": 104},
    "vocabulary x 2": {"vocabulary": 16384},
    "vocabulary x 3": {"vocabulary": 24576},
    "dropout 0.1": {"dropout": 0.1},
    "state zeroed at windows": TORCH | {"carry": False},
    "decay over all": {"decay": 0.99},
    "Muon x 2": TORCH | {"optimizer": "Muon", "factor": 2.0},
    "Muon, another seed": TORCH | {"optimizer": "Muon", "seed": 2},
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--program", type=Path, default=Path("target/release/rnn-lsp"))
    add("--train", type=Path, help="text to learn from")
    add("--valid", type=Path, help="text to judge by")
    add("--documents", type=Path, nargs="*", default=[], help="documents to type, 60 words each from 30 %% on")
    add("--work", type=Path, help="folder for runs")
    add("--results", type=Path, default=Path(__file__).parent / "results.jsonl")
    add("--tokens", type=int, default=BASE["tokens"], help="tokens that each learns from")
    add("--shipped", action="store_true", help="the shape of the model that ships, in place of a small one")
    add("--table", action="store_true", help="only print the table of the results")
    add("names", nargs="*", metavar="CANDIDATE", help=f"of: {', '.join(CANDIDATES)}; all where none is named")
    args = parser.parse_args()
    unknown = set(args.names) - set(CANDIDATES)
    if unknown:
        parser.error(f"no candidate is called {', '.join(sorted(unknown))}")
    if not args.table and not (args.train and args.valid and args.work):
        parser.error("--train, --valid and --work say what to train on, what to judge by, and where")
    return args


def run(args, *words):
    done = subprocess.run([args.program.absolute(), *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


def prepared(args, vocabulary):
    """The slice as tokens of a vocabulary: made once."""
    model = args.work / f"vocabulary-{vocabulary}"
    if not (args.work / f"{model.name}.run" / "tokens.bin").exists():
        where = ["--out", model, "--valid", args.valid, args.train]
        run(args, "train", "--prepare", "--threads", 1, "--vocabulary", vocabulary, *where)
    return args.work / f"{model.name}.run"


def candidate(args, name, options):
    tokens = prepared(args, options["vocabulary"])
    model = args.work / name.replace(" ", "-").replace("/", "by")
    folder = model.with_name(model.name + ".run")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in ("tokens.bin", "valid.bin", "tokenizer.bin"):
        os.link(tokens / file, folder / file)
    result = (rust if options["trainer"] == "rust" else torch)(args, model, folder, options)
    from shards import Shard

    valid = Shard(folder / "valid.bin")
    nats = math.log(result.pop("perplexity")) * len(valid.tokens)
    result["bits per byte"] = nats / math.log(2) / valid.header["bytes"]
    result["perplexity per word"] = math.exp(nats / valid.header["words"])
    if args.documents and options["cell"] == "LSTM":
        typed = ["--network-alone", "--max-words", 60, "--from-fraction", 0.3]
        report = json.loads(run(args, "eval", "--json", model, *typed, *args.documents))
        keys, accuracy = report["keystrokes"], report["accuracy"][0]
        result |= {"KSR-tap": keys["ksr_tap"], "KSR-menu": keys["ksr_menu"]}
        result |= {"top1": accuracy["top1"], "top3": accuracy["top3"]}
    shutil.rmtree(folder)
    return result


def rust(args, model, folder, options):
    names = {"rate": "learning-rate", "classes": "sampled-classes"}
    same = ("layers", "hidden", "embedding", "batch", "bptt", "dropout", "rate", "decay", "classes", "seed", "tokens")
    settings = {names.get(name, name): options[name] for name in same}
    settings |= {"threads": 1, "patience": 0, "valid-every": options["tokens"], "checkpoint-every": 60.0}
    (folder / "settings.json").write_text(json.dumps(settings))
    spent = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    before = spent()
    run(args, "train", "--resume", "--out", model)
    cpu = spent() - before
    curve = model.with_name(model.name + ".curve.jsonl").read_text().splitlines()
    points = [json.loads(line) for line in curve]
    perplexity = [point["perplexity_per_token"] for point in points if point.get("perplexity_per_token")][-1]
    return {"perplexity": perplexity, "cpu": cpu, "weights": weights(options)}


def weights(options):
    vocabulary, embedding, hidden, layers = (options[name] for name in ("vocabulary", "embedding", "hidden", "layers"))
    recurrent = sum(4 * hidden * ((hidden if at else embedding) + hidden + 1) for at in range(layers))
    return vocabulary * (embedding + 1) + recurrent + hidden * embedding


def torch(args, model, folder, options):
    import candidates

    result = candidates.train(folder, options, weights(options))
    if options["cell"] == "LSTM":
        run(args, "train", "--pack", "--force", "--out", model)
    return result


def table(results):
    columns = ["bits per byte", "perplexity per word", "KSR-tap", "KSR-menu", "top1", "top3"]
    print("| | " + " | ".join(columns) + " | M weights | s CPU | tokens/s |")
    print("|---|" + "---|" * (len(columns) + 3))
    digits = {"bits per byte": 3, "perplexity per word": 0}
    for row in results:
        cells = [f"{row[c]:.{digits.get(c, 1)}f}" if c in row else "" for c in columns]
        size, seconds = row["weights"] / 1e6, row["cpu"]
        print(f"| {row['name']} | {' | '.join(cells)} | {size:.2f} | {seconds:.0f} | {row['tokens'] / seconds:,.0f} |")


def main():
    args = arguments()
    done = [json.loads(line) for line in args.results.read_text().splitlines()] if args.results.exists() else []
    if args.table:
        return table(done)
    args.work.mkdir(parents=True, exist_ok=True)
    for name in args.names or CANDIDATES:
        if any(row["name"] == name for row in done):
            continue
        shape = SHIPPED if args.shipped else {}
        options = BASE | shape | {"tokens": args.tokens} | CANDIDATES[name]
        result = candidate(args, name, options)
        row = {"name": name, "tokens": options["tokens"]} | result | {"options": CANDIDATES[name]}
        with open(args.results, "a") as file:
            print(json.dumps(row), file=file)
        done.append(row)
    table(done)


if __name__ == "__main__":
    main()
