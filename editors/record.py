#!/usr/bin/env python3
"""Records the writing pad in tmux and draws what it showed as an animated SVG: editors/try.svg.

    cargo build --release && editors/record.py target/release/rnn-lsp

Needs tmux and nothing else. Every row that changes is drawn once and shown while it stood on the screen; a viewer that
does not animate shows the popup that stood longest.
"""

import html
import re
import subprocess
import sys
import time
from pathlib import Path

WIDTH, HEIGHT = 76, 15
CELL_X, CELL_Y, SIZE = 8.4, 18, 14
BACK, TEXT = "#16181d", "#e4e6eb"
# By the terminal's number.
COLORS = {0: "#16181d", 6: "#7fd4e0", 7: "#b4b8c2", 8: "#757b88"}

# What is typed: text, the names of keys, and pauses in seconds.
SCRIPT = [
    1.0,
    "Thank you very m",
    1.0,
    ("Tab",),
    0.8,
    "for your h",
    1.0,
    ("Tab",),
    0.6,
    ". I am looking for",
    1.2,
    ("Right",),
    1.2,
    "see",
    1.0,
    ("Tab",),
    0.8,
    "you in New Y",
    1.0,
    ("Tab",),
    0.6,
    ".",
    2.5,
]

# A server of its own, without anyone's configuration.
TMUX = ["tmux", "-L", "rnn-lsp-record", "-f", "/dev/null"]


class Tmux:
    """A terminal of its own."""

    def __init__(self, command):
        self.run("new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT), command)

    def run(self, *arguments):
        return subprocess.run([*TMUX, *arguments], check=True, capture_output=True, text=True).stdout

    def screen(self):
        """The rows as they are drawn, and where the cursor is."""
        rows = self.run("capture-pane", "-e", "-p").split("\n")[:HEIGHT]
        x, y = self.run("display-message", "-p", "#{cursor_x} #{cursor_y}").split()
        return rows, (int(x), int(y))


def record(tmux):
    """Frames of (seconds, rows, cursor)."""
    frames = []

    def frame(seconds):
        time.sleep(0.15)
        frames.append((seconds, *tmux.screen()))

    for step in SCRIPT:
        if isinstance(step, float):
            seconds, rows, cursor = frames.pop() if frames else (0, *tmux.screen())
            frames.append((seconds + step, rows, cursor))
        elif isinstance(step, tuple):
            tmux.run("send-keys", *step)
            frame(0.1)
        else:
            for c in step:
                tmux.run("send-keys", "-l", c)
                frame(0.09)
    return frames


def spans(row):
    """Runs of equal style: (column, text, color, background, bold)."""
    column, style, out = 0, (None, None, False), []
    for escape, text in re.findall(r"\x1b\[([\d;]*)m|([^\x1b]+)", row):
        if text:
            out.append((column, text, *style))
            column += len(text)
        else:
            style = restyle(style, [int(code or 0) for code in escape.split(";")])
    return out


def restyle(style, codes):
    """A style after an escape sequence."""
    color, back, bold = style
    while codes:
        code = codes.pop(0)
        if code == 0:
            color, back, bold = None, None, False
        elif code == 1:
            bold = True
        elif code in (38, 48):
            # 38;5;N is color N of the terminal's table.
            index = codes[1]
            codes = codes[2:]
            color, back = (index, back) if code == 38 else (color, index)
        elif code == 39:
            color = None
        elif code == 49:
            back = None
        elif 30 <= code < 38:
            color = code - 30
        elif 40 <= code < 48:
            back = code - 40
        elif 90 <= code < 98:
            color = code - 82
    return color, back, bold


def draw_row(y, row):
    """A row as SVG, without its blanks."""
    parts = []
    for column, text, color, back, bold in spans(row):
        x = column * CELL_X
        if back is not None:
            size = f'width="{len(text) * CELL_X:.1f}" height="{CELL_Y}"'
            parts.append(f'<rect x="{x:.1f}" y="{y * CELL_Y}" {size} fill="{COLORS[back]}"/>')
        for match in re.finditer(r"\S+(?: \S+)*", text):
            at = x + match.start() * CELL_X
            length = len(match[0]) * CELL_X
            look = f' fill="{COLORS[color]}"' if color is not None else ""
            look += ' font-weight="bold"' if bold else ""
            parts.append(
                f'<text x="{at:.1f}" y="{y * CELL_Y + SIZE}" textLength="{length:.1f}"{look}>{html.escape(match[0])}</text>'
            )
    return "".join(parts)


def cursor_at(x, y):
    return f'<rect x="{x * CELL_X:.1f}" y="{y * CELL_Y + 1}" width="2" height="{CELL_Y - 3}" fill="{TEXT}"/>'


def timeline(frames):
    """Everything ever drawn, by the frames in which it is seen."""
    seen = {}
    for index, (_, rows, cursor) in enumerate(frames):
        drawn = [draw_row(y, row) for y, row in enumerate(rows)] + [cursor_at(*cursor)]
        for part in filter(None, drawn):
            seen.setdefault(part, []).append(index)
    together = {}
    for part, shown in seen.items():
        together.setdefault(tuple(shown), []).append(part)
    return {shown: "".join(parts) for shown, parts in together.items()}


def animate(part, shown, frames):
    """A part that is visible in some frames only."""
    if len(shown) == len(frames):
        return part
    total = sum(seconds for seconds, _, _ in frames)
    times, values, now, last = [], [], 0.0, None
    for index, (seconds, _, _) in enumerate(frames):
        value = "visible" if index in shown else "hidden"
        if value != last:
            times.append(f"{now / total:.4f}".rstrip("0").rstrip(".") or "0")
            values.append(value)
            last = value
        now += seconds
    longest = max(range(len(frames)), key=lambda index: ("╭" in "".join(frames[index][1]), frames[index][0]))
    poster = "visible" if longest in shown else "hidden"
    return (
        f'<g visibility="{poster}">{part}<animate attributeName="visibility" calcMode="discrete" '
        f'dur="{total:.2f}s" repeatCount="indefinite" keyTimes="{";".join(times)}" values="{";".join(values)}"/></g>'
    )


def svg(frames):
    width, height = WIDTH * CELL_X + 32, HEIGHT * CELL_Y + 28
    body = "\n".join(animate(part, shown, frames) for shown, part in timeline(frames).items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}">\n'
        f'<rect width="100%" height="100%" rx="8" fill="{BACK}"/>\n'
        f'<g transform="translate(16 14)" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,'
        f'monospace" font-size="{SIZE}" fill="{TEXT}" xml:space="preserve">\n{body}\n</g>\n</svg>\n'
    )


def main():
    program = Path(sys.argv[1] if len(sys.argv) > 1 else "target/release/rnn-lsp").resolve()
    tmux = Tmux(f"TERM=xterm-256color '{program}' {' '.join(sys.argv[2:] or ['try'])}")
    try:
        time.sleep(1)
        frames = record(tmux)
        # Otherwise the pad would rescue the page.
        tmux.run("send-keys", "C-q", "d")
        time.sleep(0.5)
    finally:
        # Gone already when the pad was left.
        subprocess.run([*TMUX, "kill-server"], check=False, capture_output=True)
    out = Path(__file__).parent / "try.svg"
    out.write_text(svg(frames), encoding="utf-8")
    print(f"{out}: {len(frames)} frames, {out.stat().st_size} bytes")


main()
