"""Charts as SVG: each server's share of bare uvicorn, by kind of request; and memory over requests."""

from __future__ import annotations

from html import escape
from math import log10
from typing import Any

from benchmarks.report import share

_COLOURS = {"bare uvicorn": "#9ca3af", "specdouble": "#2563eb", "stock Connexion": "#f59e0b", "Prism": "#10b981"}
_LEFT, _TOP, _BAR, _GAP, _WIDTH = 150, 56, 11, 14, 460
_STYLE = "font: 12px system-ui, sans-serif; fill: #374151"


def svg(rows: list[dict[str, Any]], sizes: list[int]) -> str:
    """The chart: Prism and stock Connexion where there are fewest documents, the double at every size."""
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    wide = max([1.0, *(share(row) for row in rows)])
    parts, y = [], _TOP
    for kind in kinds:
        bars = [row for row in rows if row["kind"] == kind and row["server"] != "bare uvicorn"]
        parts.append(_text(_LEFT - 10, y + len(bars) * _BAR / 2 + 4, kind, "end"))
        for row in bars:
            parts += _bar(row, y, _WIDTH / wide, faded=row["documents"] != sizes[0])
            y += _BAR
        y += _GAP
    line = _LEFT + _WIDTH / wide
    parts.append(_line(line, _TOP - 8, line, y, "#9ca3af", dashed=True))
    parts.append(_text(line, _TOP - 14, "bare uvicorn = 1", "middle"))
    return _framed("Requests a second, as a share of bare uvicorn", parts + _legend(), y + 10)


def curve(points: list[tuple[int, float]], ceiling: float) -> str:
    """The chart of memory over requests.

    Args:
        points: how many requests there have been, and the MiB then.
        ceiling: the MiB that are allowed, drawn as a line.
    """
    height, most = 240, points[-1][0]
    bottom, up, along = _TOP + height, height / (ceiling * 1.1), _WIDTH / most
    parts = [_text(_LEFT, _TOP - 24, "MiB of the server's process", "start")]
    for mebibytes in range(0, int(ceiling) + 1, 100):
        y = bottom - mebibytes * up
        parts.append(_line(_LEFT, y, _LEFT + _WIDTH, y, "#e5e7eb"))
        parts.append(_text(_LEFT - 10, y + 4, f"{mebibytes}", "end"))
    for quarter in range(5):
        requests = most * quarter // 4
        parts.append(_text(_LEFT + requests * along, bottom + 20, f"{requests:,}", "middle"))
    parts.append(_text(_LEFT + _WIDTH / 2, bottom + 40, "requests", "middle"))
    y = bottom - ceiling * up
    parts.append(_line(_LEFT, y, _LEFT + _WIDTH, y, "#dc2626", dashed=True))
    parts.append(_text(_LEFT + _WIDTH + 8, y + 4, f"ceiling: {ceiling:.0f}", "start"))
    drawn = " ".join(f"{_LEFT + at * along:.1f},{bottom - mebibytes * up:.1f}" for at, mebibytes in points)
    parts.append(f'<polyline points="{drawn}" fill="none" stroke="{_COLOURS["specdouble"]}" stroke-width="1.5"/>')
    return _framed("Memory over requests", parts, bottom + 56)


def growth(points: list[dict[str, float]]) -> str:
    """The chart of a start's seconds and memory over the size of the contract, both axes logarithmic.

    Args:
        points: `operations`, `seconds` and `mebibytes` of each size.
    """
    height, sizes = 240, [point["operations"] for point in points]
    along = _WIDTH / log10(max(sizes) / min(sizes))
    parts = []
    for name, unit, colour in (("seconds", "s", _COLOURS["specdouble"]), ("mebibytes", "MiB", _COLOURS["Prism"])):
        values = [point[name] for point in points]
        up = height * 0.85 / log10(max(2.0, max(values) / min(values)))
        places = [
            (_LEFT + log10(size / min(sizes)) * along, _TOP + height - log10(value / min(values)) * up)
            for size, value in zip(sizes, values, strict=True)
        ]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for (x, y), value in zip(places, values, strict=True):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>')
            told = f"{value:.2g} {unit}" if value < 10 else f"{value:.0f} {unit}"
            parts.append(_text(x, y - 8, told, "middle", 10))
    for size in sizes:
        x = _LEFT + log10(size / min(sizes)) * along
        parts.append(_text(x, _TOP + height + 20, f"{size:,.0f}", "middle"))
    parts.append(_text(_LEFT + _WIDTH / 2, _TOP + height + 40, "operations", "middle"))
    parts.append(_text(_LEFT, _TOP - 24, "to the first answer: processor seconds (blue), memory (green)", "start"))
    return _framed("Start against the size of the contract", parts, _TOP + height + 56)


def engine(rows: list[dict[str, Any]]) -> str:
    """The chart of requests a second on a store that is a server: a worker, two, and PyMongo alone.

    Args:
        rows: of each engine and kind the requests a second of `plain`, `one worker` and `two workers`.
    """
    colours = {"plain": "#9ca3af", "one worker": _COLOURS["specdouble"], "two workers": _COLOURS["Prism"]}
    scale = _WIDTH / max(row[name] for row in rows for name in colours)
    parts, y = [], _TOP
    for row in rows:
        parts.append(_text(_LEFT - 10, y + 1.5 * _BAR + 4, f"{row['kind']}, {row['engine']}", "end", 10))
        for name, colour in colours.items():
            width = max(row[name] * scale, 1)
            parts.append(f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR - 2}" fill="{colour}"/>')
            parts.append(_text(_LEFT + width + 5, y + _BAR - 2, f"{row[name]:,}", "start", 10))
            y += _BAR
        y += _GAP
    told = "requests a second: PyMongo alone with the same commands (grey), one worker (blue), two workers (green)"
    parts.append(_text(10, 21, told, "start"))
    return _framed("A worker on a store that is a server", parts, y + 10)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="3"' if dashed else ""
    return f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="{colour}"{dashes}/>'


def _bar(row: dict[str, Any], y: float, scale: float, *, faded: bool) -> list[str]:
    width = max(share(row) * scale, 1)
    colour, opacity = _COLOURS.get(row["server"], "#6b7280"), 0.55 if faded else 1
    label = f"{share(row):.2f}" + (f"  at {row['documents']:,} documents" if faded else "")
    bar = f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR - 2}" fill="{colour}" opacity="{opacity}"/>'
    return [bar, _text(_LEFT + width + 5, y + _BAR - 2, label, "start", 10)]


def _legend() -> list[str]:
    parts, x = [], _LEFT
    for name in ("specdouble", "stock Connexion", "Prism"):
        parts.append(f'<rect x="{x}" y="12" width="10" height="10" fill="{_COLOURS[name]}"/>')
        parts.append(_text(x + 15, 21, name, "start"))
        x += 130
    return parts


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'


def _framed(title: str, parts: list[str], height: float) -> str:
    width = _LEFT + _WIDTH + 170
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" style="{_STYLE}" role="img">'
    return "\n".join(
        [
            head,
            f"<title>{title}</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )
