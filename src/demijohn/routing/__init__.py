"""Find views by path and build paths for views.

Rules and maps are Werkzeug's to everyone who looks at them; the matcher and the builder
are this package's own. Nothing here knows requests, apps or blueprints.
"""

from __future__ import annotations

from .builder import Builder
from .matcher import ASK, NOT_FOUND, Matcher, Verdict
from .rule import Map, Rule

__all__ = ["ASK", "NOT_FOUND", "Builder", "Map", "Matcher", "Rule", "Verdict"]
