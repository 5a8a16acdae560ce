"""Cuts a long text into files of some 1,500 words each, as a writer keeps chapters.

    python chapters.py NOVEL.txt FOLDER
"""

import pathlib
import sys

WORDS = 1500


def chapters(text):
    """Paragraphs until they are long enough; what is left at the end is not."""
    paragraphs, words = [], 0
    for paragraph in text.strip().split("\n\n"):
        paragraphs.append(paragraph)
        words += len(paragraph.split())
        if words >= WORDS:
            yield "\n\n".join(paragraphs) + "\n"
            paragraphs, words = [], 0


def main(novel, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(chapters(pathlib.Path(novel).read_text(encoding="utf-8"))):
        (folder / f"{number:03}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
