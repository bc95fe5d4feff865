"""Provide the `routes` command: a table of the application's URL rules."""

from __future__ import annotations

import typing as t
from operator import itemgetter

import click

from demijohn import _current

from .script import with_appcontext

if t.TYPE_CHECKING:
    from werkzeug.routing import Rule

#: Methods that every route with GET answers, hidden unless asked for.
IMPLIED_METHODS = frozenset({"HEAD", "OPTIONS"})


@click.command("routes", short_help="List the application's routes.", help="List all routes with endpoint and methods.")
@click.option(
    "--sort",
    "-s",
    type=click.Choice(("endpoint", "methods", "domain", "rule", "match")),
    default="endpoint",
    help="What to sort by; 'match' is the order in which rules are tried for a request.",
)
@click.option("--all-methods", is_flag=True, help="List HEAD and OPTIONS, too.")
@with_appcontext
def routes_command(sort: str, all_methods: bool) -> None:
    """Print the rules of the current application as a table."""
    url_map = _current.get_app().url_map
    rules: list[Rule] = list(url_map.iter_rules())
    if not rules:
        click.echo("No routes were registered.")
        return
    domain = "host" if url_map.host_matching else "subdomain"
    hidden = frozenset() if all_methods else IMPLIED_METHODS
    rows = [
        {
            "endpoint": rule.endpoint,
            "methods": ", ".join(sorted((rule.methods or set()) - hidden)),
            "domain": getattr(rule, domain) or "",
            "rule": rule.rule,
        }
        for rule in rules
    ]
    headings = {"endpoint": "Endpoint", "methods": "Methods", "domain": domain.capitalize(), "rule": "Rule"}
    if not any(row["domain"] for row in rows):
        del headings["domain"]
    if sort in headings:
        rows.sort(key=itemgetter(sort))
    for line in _format_table(headings, rows):
        click.echo(line)


def _format_table(headings: dict[str, str], rows: list[dict[str, str]]) -> t.Iterator[str]:
    """Yield the lines of a table whose columns are the headings' keys."""
    widths = {key: max(len(row[key]) for row in [headings, *rows]) for key in headings}
    rulers = {key: "-" * width for key, width in widths.items()}
    for row in (headings, rulers, *rows):
        yield "  ".join(row[key].ljust(width) for key, width in widths.items())
