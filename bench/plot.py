"""Draw the plot of the README: an SVG that reads well on a light and on a dark page."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from .cases import CASES
from .peers import PEERS

_PLOTTED = ("plain", "json", "int_route", "query", "json_body", "form", "session_read", "url_for", "template", "hooks")
_SERIES = ("demijohn", "falcon", "starlette", "flask")
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 11px; } .title { font-size: 15px; font-weight: 600; }
.demijohn { fill: #1a7f37; } .falcon { fill: #8c959f; } .starlette { fill: #54aeff; } .flask { fill: #d4a72c; }
line { stroke: #d0d7de; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } line { stroke: #30363d; }
  .demijohn { fill: #3fb950; } .falcon { fill: #6e7681; } .starlette { fill: #388bfd; } .flask { fill: #bb8009; }
}
"""
_WIDTH, _LEFT, _BAR, _GAP, _TOP = 840, 300, 11, 14, 64


def draw_plot(results: dict[str, Any]) -> str:
    """Draw the cost of a request, case by case, as a share of Flask's.

    Args:
        results: What was measured, as in results.json.

    Returns:
        An SVG document; without figures in process it says so.
    """
    cases = results.get("inprocess", {}).get("cases", {})
    shown = [name for name in _PLOTTED if "us" in cases.get(name, {}).get("flask", {})]
    parts: list[str] = []
    y = _TOP
    for case in shown:
        y = _draw_case(case, cases[case], y, parts)
    if not shown:
        parts.append(f'<text x="20" y="{y}">nothing measured in process</text>')
    legend = _draw_legend([name for name in _SERIES if any("us" in cases[case].get(name, {}) for case in shown)])
    height = y + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'role="img"><title>Cost of a request, as a share of Flask\'s</title><style>{_STYLE}</style>'
        f'<text x="20" y="24" class="title">Cost of a request in process, Flask = 100 % (shorter is better)</text>'
        f"{legend}{''.join(parts)}</svg>\n"
    )


def _draw_case(case: str, figures: dict[str, Any], y: int, parts: list[str]) -> int:
    """Add the bars of one case below `y`, and give where the next begins."""
    there = [name for name in _SERIES if "us" in figures.get(name, {})]
    flask = figures["flask"]["us"]
    middle = y + len(there) * _BAR / 2 + 4
    parts.append(f'<text x="{_LEFT - 12}" y="{middle:.0f}" text-anchor="end">{escape(CASES[case].label)}</text>')
    for name in there:
        us = figures[name]["us"]
        # A bar that is longer than the plot is cut; its figure stands beside it all the same.
        width = min(us / flask, 1.15) * (_WIDTH - _LEFT - 130)
        text = f"{us:.1f} µs" if us < 100 else f"{us:.0f} µs"
        parts.append(
            f'<rect class="{name}" x="{_LEFT}" y="{y}" width="{max(width, 1):.1f}" height="{_BAR - 1}" rx="2"/>'
        )
        parts.append(f'<text class="small" x="{_LEFT + width + 6:.1f}" y="{y + _BAR - 2}">{text}</text>')
        y += _BAR
    parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 20}" y1="{y + _GAP / 2:.0f}" y2="{y + _GAP / 2:.0f}"/>')
    return y + _GAP


def _draw_legend(names: list[str]) -> str:
    parts, x = [], _LEFT
    for name in names:
        parts.append(f'<rect class="{name}" x="{x}" y="38" width="11" height="11" rx="2"/>')
        parts.append(f'<text x="{x + 17}" y="48">{escape(PEERS[name].label)}</text>')
        x += 110
    return "".join(parts)
