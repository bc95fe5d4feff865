"""Requests that hypothesis makes up get the same answer through each door.

`DEMIJOHN_DOORS_EXAMPLES` sets how many are made for the main app; the others follow in proportion.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.differential import sides, strategies
from tests.differential.apps.hosts import HOST_VARIANTS
from tests.differential.driver import Call
from tests.differential.test_generated import collected
from tests.differential.variants import VARIANTS
from tests.doors.cases_driver import DOORS, Served, served

__all__ = ["collected", "served"]

EXAMPLES = int(os.environ.get("DEMIJOHN_DOORS_EXAMPLES", "150"))
PROFILE = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 150,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
OTHER_NAME = pytest.mark.filterwarnings("ignore:.*server name:UserWarning")

# A form that is given up leaves its temporary files to the garbage collector, in Flask too.
pytestmark = pytest.mark.filterwarnings("ignore:.*nclosed file:ResourceWarning")


@PROFILE
@given(request=strategies.calls())
def test_any_request_is_answered_alike(served: Served, request: Call) -> None:
    """Any request to the main app gets one status, headers, body, hooks and exception from all doors."""
    served.require_equal(sides.pair("main", "plain")[1], [request])


@settings(PROFILE, max_examples=EXAMPLES)
@given(request=strategies.calls(), variant=st.sampled_from(sorted(VARIANTS)))
def test_any_request_is_answered_alike_under_any_setting(served: Served, request: Call, variant: str) -> None:
    """Any request under any variant of the settings gets the same answer through every door."""
    served.require_equal(sides.pair("main", variant)[1], [request])


@settings(PROFILE, max_examples=max(20, EXAMPLES // 5))
@given(paths=strategies.SEQUENCES, variant=st.sampled_from(("plain", "bare", "cookie_settings", "no_secret", "debug")))
def test_a_sequence_with_a_cookie_jar_is_answered_alike(served: Served, paths: list[str], variant: str) -> None:
    """A client that keeps its cookies sees the same sessions and messages through each door, step by step."""
    jars: dict[str, dict[str, str]] = {name: {} for name in DOORS}
    for path in paths:
        target, _, query = path.partition("?")
        assert not served.differ(sides.pair("main", variant)[1], Call(path=target, query=query), jars=jars)


@OTHER_NAME
@settings(PROFILE, max_examples=max(10, EXAMPLES // 10))
@pytest.mark.parametrize("variant", HOST_VARIANTS)
@given(request=strategies.host_calls())
def test_any_host_is_answered_alike(served: Served, variant: str, request: Call) -> None:
    """An app that routes by host or subdomain answers each host alike through every door."""
    served.require_equal(sides.pair("hosts", variant)[1], [request])
