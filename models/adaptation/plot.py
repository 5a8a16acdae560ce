"""The table and the plot of what learning does for a writer, from what `rnn-lsp eval --adapt --json` printed.

    python models/adaptation/plot.py results.json

prints the table in Markdown and writes adaptation.svg beside the results. Needs matplotlib.
"""

import json
import statistics
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

NAMES = {"counts": "counts", "weights": "tuned weights", "all": "both", "another's": "both, of another writer"}


def tap(row):
    return row["keystrokes"]["ksr_tap"]


def about(row):
    """A row of the table."""
    first = row["accuracy"][0]
    trial = row["trial"]
    forgetting = seconds = ""
    if trial and row["learned"] != "counts":
        scores = trial["scores"] if trial["generation"] else None
        forgetting = f"{scores['forgetting']:+.2f} %" if scores else "not used"
        seconds = f"{1000 * trial['seconds'] / trial['words']:.1f}"
    words = f"{round(row['words'], -2):,}" if row["words"] else ""
    return [row["writer"], NAMES.get(row["learned"], row["learned"]), words] + [
        f"{x:.1f}" for x in (tap(row), first["top1"], first["top3"])
    ] + [forgetting, seconds]


def rounded(words, amounts):
    """The amount that was asked for: texts are learned whole, so it is exceeded."""
    return max((amount for amount in amounts if amount <= words), default=words)


def main():
    path = Path(sys.argv[1])
    rows = json.loads(path.read_text())
    print("| writer | learned | words | KSR-tap | top1 | top3 | forgetting | CPU-s for 1,000 words |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(about(row)) + " |")

    writers = list(dict.fromkeys(row["writer"] for row in rows))
    cold = {row["writer"]: tap(row) for row in rows if row["learned"] == "document"}
    amounts = [1000, 5000, 20000, 50000]
    print("\n| learned | words | KSR-tap against nothing learned before: mean | worst | best |")
    print("|---|---|---|---|---|")
    curves = {}
    for row in rows:
        if row["learned"] in NAMES:
            key = (row["learned"], rounded(row["words"], amounts))
            curves.setdefault(key, []).append(tap(row) - cold[row["writer"]])
    for (learned, words), gains in curves.items():
        print(f"| {NAMES[learned]} | {words:,} | {statistics.mean(gains):+.2f} | {min(gains):+.2f} | {max(gains):+.2f} |")

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for learned in ("counts", "weights", "all"):
        points = sorted((words, statistics.mean(gains)) for (name, words), gains in curves.items() if name == learned)
        axes.plot([0] + [x for x, _ in points], [0] + [y for _, y in points], marker="o", label=NAMES[learned])
    for (name, words), gains in curves.items():
        if name == "another's":
            axes.plot([words], [statistics.mean(gains)], marker="x", linestyle="", color="gray", label=NAMES[name])
    axes.set_xlabel("words of the writer's earlier prose")
    axes.set_ylabel("points of KSR-tap gained")
    axes.set_title(f"Learning from a writer, mean of {len(writers)}")
    axes.axhline(0, color="lightgray", linewidth=1)
    axes.legend()
    figure.savefig(path.with_name("adaptation.svg"))


main()
