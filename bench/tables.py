"""Tables and numbers in Markdown, for whatever writes a part of RESULTS.md."""

from __future__ import annotations

Cells = list[str]
MEGABYTE = 1024 * 1024


def build_table(titles: Cells, rows: list[Cells]) -> str:
    """Build a Markdown table whose figures are aligned to the right."""
    lines = [titles, ["---"] + ["---:"] * (len(titles) - 1), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def format_number(value: float) -> str:
    """Write a figure with three digits that mean something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
