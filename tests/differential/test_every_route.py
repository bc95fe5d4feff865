"""Every listed path, header, body and host, each in turn, under variants of the settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.differential import sides, strategies
from tests.differential.apps import PATHS
from tests.differential.apps.hosts import HOST_PATHS, HOST_VARIANTS, HOSTS
from tests.differential.compare import answer_both, compare
from tests.differential.driver import Call
from tests.differential.variants import VARIANTS

METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "PURGE")

HEADER_PATHS = (
    "/echo", "/conditional", "/negotiate", "/file/plain", "/file/no%20etag", "/file/memory", "/static/site.css",
    "/parent/child/leaf",
    "/parent/child/raise", "/parent/child/template", "/parent/raise/zero", "/stream/context", "/session/set/a/b",
    "/wing/de/page", "/nowhere", "/slash",
    "/later", "/raise/zero",
)  # fmt: skip

BODY_PREFIXES = ("/body/", "/json-body/", "/limit/", "/raw/", "/missing/")
BODY_PATHS = ("/echo", *(path for path in PATHS if path.startswith(BODY_PREFIXES)))

# An app with a server name warns of requests for other hosts; as an error the warning would be the answer.
OTHER_NAME = pytest.mark.filterwarnings("ignore:.*server name:UserWarning")


def require_equal(pair: tuple[Any, Any], requests: Iterable[Call]) -> None:
    """Make each request on both sides, and tell of the first few that differ."""
    reports = [compare(request, *answer_both(pair, request)) for request in requests]
    different = [report for report in reports if report]
    assert not different, "\n".join([f"{len(different)} of {len(reports)} requests differ:", *different[:8]])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("method", METHODS)
def test_every_path_gets_flasks_answer(variant: str, method: str) -> None:
    """A request for each listed path gets the answer, the hooks and the exception that it gets from Flask."""
    targets = [path.partition("?") for path in PATHS]
    requests = [Call(method=method, path=target, query=query) for target, _, query in targets]
    require_equal(sides.pair("main", variant), requests)


@pytest.mark.parametrize("variant", ["plain", "propagate", "bare", "generic_handlers", "debug"])
@pytest.mark.parametrize("name", strategies.HEADERS)
def test_every_header_gets_flasks_answer(variant: str, name: str) -> None:
    """Each listed value of a header changes the answer, or makes a hook stop or raise, as it does in Flask."""
    values = strategies.HEADERS[name]
    paths = [path for path in HEADER_PATHS if strategies.fits(name, path)]
    requests = [Call(path=path, headers=((name, value),)) for path in paths for value in values]
    require_equal(sides.pair("main", variant), requests)


@pytest.mark.parametrize("variant", ["plain", "debug", "limits", "trap_bad_request"])
@pytest.mark.parametrize("path", BODY_PATHS)
def test_every_body_gets_flasks_answer(variant: str, path: str) -> None:
    """Each listed body under each content type is parsed, or refused, as by Flask."""
    bodies = strategies.JSON_BODIES + strategies.FORM_BODIES
    types = strategies.JSON_TYPES + strategies.FORM_TYPES + strategies.PLAIN_TYPES
    requests = [
        Call(method="POST", path=path, headers=(("Content-Type", content_type),), body=body)
        for body in bodies
        for content_type in types
    ]
    require_equal(sides.pair("main", variant), requests)


@OTHER_NAME
@pytest.mark.parametrize("variant", HOST_VARIANTS)
def test_every_host_gets_flasks_answer(variant: str) -> None:
    """Each listed host is routed, or not, as by Flask."""
    requests = [Call(path=path, headers=(("Host", host),)) for path in HOST_PATHS for host in HOSTS]
    require_equal(sides.pair("hosts", variant), requests)


def test_every_trusted_host_gets_flasks_answer() -> None:
    """Each listed host is trusted, or refused, as by Flask."""
    hosts = (
        *HOSTS,
        "example.test",
        "sub.example.test",
        "a.b.example.test:9",
        "localhost:5000",
        "notexample.org",
        "example.org.evil",
    )
    requests = [Call(path=path, headers=(("Host", host),)) for path in ("/who", "/echo", "/absent") for host in hosts]
    require_equal(sides.pair("trusted"), requests)
