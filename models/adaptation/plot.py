"""The tables and the plot of what learning does for a writer, from what `rnn-lsp eval --adapt` printed.

    python models/adaptation/plot.py results.tsv

prints the tables in Markdown and writes adaptation.svg beside the results. Needs matplotlib.
"""

import csv
import statistics
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

NAMES = {
    "counts": "counts",
    "passage": "the end of the last text",
    "weights": "tuned weights",
    "all": "all",
    "another's": "all, of another writer",
}
AMOUNTS = [1_000, 5_000, 20_000, 50_000]


def amount(row):
    """The amount that was asked for: texts are learned whole, so it is exceeded."""
    return max((amount for amount in AMOUNTS if amount <= int(row["words"])), default=0)


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def main():
    path = Path(sys.argv[1])
    with path.open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["writer"] != "writer"]
    table(
        ["writer", "learned", "words", "KSR-tap", "top1", "top3", "forgetting", "CPU-s for 1,000 words"],
        [
            [row["writer"], NAMES.get(row["learned"], row["learned"]), f"{int(row['words']):,}", row["KSR-tap"]]
            + [row["top1"], row["top3"], row["forgetting"] or "", row["seconds/1000"] or ""]
            for row in rows
        ],
    )
    cold = {row["writer"]: float(row["KSR-tap"]) for row in rows if row["learned"] == "document"}
    curves = {}
    for row in rows:
        if row["learned"] in NAMES:
            gain = float(row["KSR-tap"]) - cold[row["writer"]]
            curves.setdefault((row["learned"], amount(row)), []).append(gain)
    table(
        ["learned", "words", "writers", "points of KSR-tap gained: mean", "worst", "best"],
        [
            [NAMES[name], f"{words:,}", str(len(gains))]
            + [f"{x:+.1f}" for x in (statistics.mean(gains), min(gains), max(gains))]
            for (name, words), gains in curves.items()
        ],
    )
    figure, axes = pyplot.subplots(figsize=(7, 4))
    axes.axhline(0, color="lightgray", linewidth=1)
    for (name, words), gains in sorted(curves.items()):
        if name == "another's":
            axes.plot([words], [statistics.mean(gains)], "x", color="gray", label=NAMES[name])
    for learned in ("counts", "weights", "all"):
        points = sorted((words, statistics.mean(gains)) for (name, words), gains in curves.items() if name == learned)
        axes.plot([0] + [x for x, _ in points], [0] + [y for _, y in points], marker="o", label=NAMES[learned])
    axes.set_xlabel("words of the writer's earlier prose, at least")
    axes.set_ylabel("points of KSR-tap gained")
    axes.set_title(f"Learning from a writer, mean of {len(cold)}")
    axes.legend()
    figure.savefig(path.with_name("adaptation.svg"))


main()
