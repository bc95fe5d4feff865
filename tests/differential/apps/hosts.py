"""Two more apps: one that routes by host or subdomain, one that trusts certain hosts only."""

from __future__ import annotations

from typing import Any

import tests.differential.apps
from tests.differential.apps import echo

HOST_PATHS = ("/", "/who", "/who/", "/static/site.css", "/blue", "/urls", "/nowhere", "/wild", "/slash")
HOSTS = (
    "example.org", "example.org:80", "example.org:8080", "api.example.org", "one.example.org", "a.b.example.org",
    "EXAMPLE.ORG", "other.test", "localhost", "127.0.0.1", "[::1]:80", "api.example.org.", "www.example.org:8080",
)  # fmt: skip

HOST_VARIANTS: dict[str, dict[str, Any]] = {
    "subdomain": {"options": {"subdomain_matching": True}, "config": {"SERVER_NAME": "example.org"}},
    "subdomain_port": {"options": {"subdomain_matching": True}, "config": {"SERVER_NAME": "example.org:8080"}},
    "subdomain_default": {
        "options": {"subdomain_matching": True},
        "config": {"SERVER_NAME": "example.org"},
        "default": "www",
    },
    "server_name": {"config": {"SERVER_NAME": "example.org"}},
    "host": {"options": {"host_matching": True, "static_host": "example.org"}, "hosts": True},
    "none": {},
}


def build_hosts(
    flask: Any,
    *,
    options: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    hosts: bool = False,
    default: str = "",
) -> Any:
    """Build an app that routes by host or by subdomain.

    Args:
        flask: The package, real Flask or Demijohn.
        options: Further arguments of the app.
        config: Settings.
        hosts: Whether rules name hosts, where otherwise they name subdomains.
        default: The subdomain of rules that name none.

    Returns:
        The app.
    """
    app = tests.differential.apps.start(flask, tests.differential.apps.__name__, config, **(options or {}))
    app.url_map.default_subdomain = default

    def who(**values: Any) -> Any:
        request = flask.request
        return {"endpoint": request.endpoint, "values": values, "host": request.host, "url": request.url}

    def urls() -> Any:
        built = []
        for endpoint, values in (
            ("who", {}),
            ("api", {}),
            ("wild", {"name": "w"}),
            ("blue.leaf", {}),
            ("static", {"filename": "x"}),
        ):
            for extra in ({}, {"_external": True}, {"_external": True, "_scheme": "https"}):
                try:
                    built.append(flask.url_for(endpoint, **values, **extra))
                except Exception as error:
                    built.append(type(error).__name__)
        return built

    for rule in (*host_rules(hosts), ("/urls", "urls", {"host": "example.org"} if hosts else {})):
        app.add_url_rule(rule[0], rule[1], urls if rule[1] == "urls" else who, **rule[2])
    blue = flask.Blueprint("blue", __name__, subdomain=None if hosts else "blue")
    blue.add_url_rule("/blue", "leaf", who, **({"host": "blue.example.org"} if hosts else {}))
    app.register_blueprint(blue)
    return app


def host_rules(hosts: bool) -> list[tuple[str, str, dict[str, Any]]]:
    """List the rules, by host or by subdomain."""
    if hosts:
        return [
            ("/who", "who", {"host": "example.org"}),
            ("/who", "api", {"host": "api.example.org"}),
            ("/slash/", "slash", {"host": "api.example.org"}),
            ("/wild", "wild", {"host": "<name>.example.org"}),
        ]
    return [
        ("/who", "who", {}),
        ("/who", "api", {"subdomain": "api"}),
        ("/slash/", "slash", {"subdomain": "api"}),
        ("/wild", "wild", {"subdomain": "<name>"}),
    ]


def build_trusted(flask: Any, *, config: dict[str, Any] | None = None, **options: Any) -> Any:
    """Build an app that answers for some hosts only.

    Args:
        flask: The package, real Flask or Demijohn.
        config: Settings.
        options: Passed over; the other builders know them.

    Returns:
        The app.
    """
    settings = {"TRUSTED_HOSTS": ["example.org", ".example.test", "localhost:5000"], **(config or {})}
    app = tests.differential.apps.start(flask, tests.differential.apps.__name__, settings)
    views = echo.Views(flask, app)
    app.add_url_rule("/who", "who", lambda: {"host": flask.request.host, "url": flask.url_for("who", _external=True)})
    app.add_url_rule("/echo", "everything", views.everything)

    @app.errorhandler(404)
    def absent(error: Any) -> Any:
        return "absent", 404

    return app
