"""What templates can use: two filters and the values every page needs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, g
from markupsafe import Markup, escape


def init_app(app: Flask) -> None:
    """Give the filters and the common values to the templates of `app`."""
    app.add_template_filter(paragraphs)
    app.add_template_filter(day)
    app.context_processor(common_values)


def paragraphs(text: str) -> Markup:
    """Return text as HTML paragraphs; its own markup is shown, not obeyed."""
    blocks = re.split(r"\n\s*\n", text.strip())
    breaks = [Markup("<br>\n").join(escape(line) for line in block.split("\n")) for block in blocks]
    return Markup("\n").join(Markup("<p>{}</p>").format(block) for block in breaks)


def day(moment: str) -> str:
    """Return the day of an ISO 8601 moment as a reader writes it."""
    parsed = datetime.fromisoformat(moment)
    return f"{parsed.day} {parsed:%B %Y}"


def common_values() -> dict[str, Any]:
    """Return what every template sees."""
    return {
        "site_title": current_app.config["SITE_TITLE"],
        "user": g.get("user"),
        "this_year": datetime.now(UTC).year,
    }
