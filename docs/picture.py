#!/usr/bin/env python3
"""Makes a picture (SVG) of what a command prints on a colour terminal.

    ./vmatlas show PID --color always --width 110 | docs/picture.py 'vmatlas show PID' > docs/show.svg

Reads text with SGR colours (24-bit, 256, bold), as vmatlas writes them, from standard input. Needs nothing but Python.
"""
import re
import sys
from html import escape

CELL_WIDTH, LINE_HEIGHT, MARGIN = 8.4, 18, 14
BACKGROUND, FOREGROUND, MUTED = "#14171c", "#e6e9ee", "#9aa4af"
BLOCKS = {"█": (0, 0, 1, 1), "▌": (0, 0, 0.5, 1), "▄": (0, 0.5, 1, 0.5)}


def colour256(number):
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    levels = [0, 95, 135, 175, 215, 255]
    number -= 16
    return "#" + "".join(f"{levels[i]:02x}" for i in (number // 36, number // 6 % 6, number % 6))


class Ink:
    def __init__(self):
        self.front, self.back, self.bold = FOREGROUND, None, False

    def use(self, codes):
        codes = [int(c or 0) for c in codes.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.__init__()
            elif code == 1:
                self.bold = True
            elif code in (38, 48):
                kind = codes.pop(0)
                colour = colour256(codes.pop(0)) if kind == 5 else "#" + "".join(f"{codes.pop(0):02x}" for _ in range(3))
                if code == 38:
                    self.front = colour
                else:
                    self.back = colour


def rectangle(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def draw(text, ink, column, line):
    """One run of characters of one ink: blocks as rectangles, so that they join; the rest as text."""
    x, y = MARGIN + column * CELL_WIDTH, MARGIN + line * LINE_HEIGHT
    if ink.back:
        yield rectangle(x, y + 2, len(text) * CELL_WIDTH, LINE_HEIGHT - 4, ink.back)
    if text[0] in BLOCKS and len(set(text)) == 1:
        left, top, width, height = BLOCKS[text[0]]
        total = (len(text) - 1 + width) * CELL_WIDTH
        yield rectangle(x + left * CELL_WIDTH, y + 2 + top * (LINE_HEIGHT - 4), total, height * (LINE_HEIGHT - 4), ink.front)
    elif text.strip():
        weight = ' font-weight="bold"' if ink.bold else ""
        yield (f'<text x="{x:.1f}" y="{y + LINE_HEIGHT - 5:.1f}" fill="{ink.front}"{weight} textLength="{len(text) * CELL_WIDTH:.1f}" '
               f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(text)}</text>')


def runs(text):
    """Splits where blocks and letters meet, and at wide blanks."""
    return re.findall(r"█+|▌+|▄+|[^█▌▄ ]+(?: [^█▌▄ ]+)*| +", text)


def main():
    lines = sys.stdin.read().rstrip("\n").split("\n")
    if len(sys.argv) > 1:
        lines = [f"\x1b[0;38;2;154;164;175m$ \x1b[0m{sys.argv[1]}", ""] + lines
    drawn, widest, ink = [], 0, Ink()
    for number, line in enumerate(lines):
        column = 0
        for codes, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b]+)", line):
            if text:
                for run in runs(text):
                    drawn.extend(draw(run, ink, column, number))
                    column += len(run)
            else:
                ink.use(codes)
        widest = max(widest, column)
    width, height = MARGIN * 2 + widest * CELL_WIDTH, MARGIN * 2 + len(lines) * LINE_HEIGHT
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
          f'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14">')
    print(f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>')
    print("\n".join(drawn))
    print("</svg>")


main()
