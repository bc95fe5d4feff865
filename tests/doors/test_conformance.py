"""Every request of the differential test gets the same answer through each door: status, headers, body and hooks.

Flask's own answer is compared with that of the WSGI door in `tests/differential`. In the normal run each list of
requests is walked in strides, so that each path, header, body and setting comes up; `DEMIJOHN_DOORS_LONG=1` takes
all of them.
"""

from __future__ import annotations

import os
from itertools import islice

import pytest

from tests.differential import sides, strategies
from tests.differential.apps import PATHS
from tests.differential.apps.hosts import HOST_PATHS, HOST_VARIANTS, HOSTS
from tests.differential.driver import Answer, Call
from tests.differential.test_every_route import BODY_PATHS, HEADER_PATHS, METHODS
from tests.differential.variants import VARIANTS
from tests.doors.cases_deviations import DEVIATIONS, UNSENDABLE, Deviation, Unsendable
from tests.doors.cases_driver import DOORS, Served, served

__all__ = ["served"]

IS_LONG = bool(os.environ.get("DEMIJOHN_DOORS_LONG"))

OTHER_NAME = pytest.mark.filterwarnings("ignore:.*server name:UserWarning")


def choose(requests: list[Call], stride: int, offset: int) -> list[Call]:
    """Return each so-many-th request, or all of them in the long run."""
    return requests if IS_LONG else list(islice(requests, offset % stride, None, stride))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("method", METHODS)
def test_every_path_is_answered_alike(served: Served, variant: str, method: str) -> None:
    """A request for each listed path gets one answer, one order of hooks and one exception from all doors."""
    targets = [path.partition("?") for path in PATHS]
    requests = [Call(method=method, path=target, query=query) for target, _, query in targets]
    number = list(VARIANTS).index(variant) + METHODS.index(method)
    served.require_equal(sides.pair("main", variant)[1], choose(requests, 17, number))


@pytest.mark.parametrize("variant", ["plain", "propagate", "bare", "generic_handlers", "debug"])
@pytest.mark.parametrize("name", strategies.HEADERS)
def test_every_header_is_answered_alike(served: Served, variant: str, name: str) -> None:
    """Each listed value of a header changes the answer, or makes a hook stop or raise, alike through all doors."""
    values = strategies.HEADERS[name]
    paths = [path for path in HEADER_PATHS if strategies.fits(name, path)]
    requests = [Call(path=path, headers=((name, value),)) for path in paths for value in values]
    number = len(name) + len(variant)
    served.require_equal(sides.pair("main", variant)[1], choose(requests, 9, number))


@pytest.mark.parametrize("variant", ["plain", "debug", "limits", "trap_bad_request"])
@pytest.mark.parametrize("path", BODY_PATHS)
def test_every_body_is_answered_alike(served: Served, variant: str, path: str) -> None:
    """Each listed body under each content type is parsed, or refused, alike through all doors."""
    bodies = strategies.JSON_BODIES + strategies.FORM_BODIES
    types = strategies.JSON_TYPES + strategies.FORM_TYPES + strategies.PLAIN_TYPES
    requests = [
        Call(method="POST", path=path, headers=(("Content-Type", content_type),), body=body)
        for body in bodies
        for content_type in types
    ]
    served.require_equal(sides.pair("main", variant)[1], choose(requests, 41, BODY_PATHS.index(path) + len(variant)))


@OTHER_NAME
@pytest.mark.parametrize("variant", HOST_VARIANTS)
def test_every_host_is_answered_alike(served: Served, variant: str) -> None:
    """Each listed host is routed, or not, alike through all doors."""
    requests = [Call(path=path, headers=(("Host", host),)) for path in HOST_PATHS for host in HOSTS]
    served.require_equal(sides.pair("hosts", variant)[1], choose(requests, 2, len(variant)))


@pytest.mark.parametrize("row", DEVIATIONS, ids=lambda row: row.name)
@pytest.mark.parametrize("door", DOORS[1:])
def test_a_deviation_lets_nothing_through_for_a_plain_request(door: str, row: Deviation) -> None:
    """No row covers a plain request that one door answers otherwise."""
    first, other = Answer(status="200 OK", body=b"x"), Answer(status="404 Not Found", body=b"y", events=["after"])
    assert not row.allows(door, Call(), first, other, {"code", "body", "events"})


@pytest.mark.parametrize("row", UNSENDABLE, ids=lambda row: row.name)
def test_a_plain_request_is_sent_through_every_door(row: Unsendable) -> None:
    """No row leaves a plain request out."""
    assert not row.holds(Call())
