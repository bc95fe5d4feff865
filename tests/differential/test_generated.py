"""Requests that hypothesis makes up get the same answer from Demijohn as from Flask.

`DEMIJOHN_DIFFERENTIAL_EXAMPLES` sets how many are made for the main app; the others follow in proportion.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.differential import sides, strategies
from tests.differential.apps.hosts import HOST_VARIANTS
from tests.differential.compare import check
from tests.differential.driver import Call
from tests.differential.variants import VARIANTS

EXAMPLES = int(os.environ.get("DEMIJOHN_DIFFERENTIAL_EXAMPLES", "500"))
PROFILE = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 500,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)

# An app with a server name warns of requests for other hosts; as an error the warning would be the answer.
OTHER_NAME = pytest.mark.filterwarnings("ignore:.*server name:UserWarning")


# A form that is given up leaves its temporary files to the garbage collector, in Flask too.
pytestmark = pytest.mark.filterwarnings("ignore:.*nclosed file:ResourceWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect what the examples left open while the filter of warnings still holds."""
    yield
    gc.collect()


@PROFILE
@given(request=strategies.calls())
def test_any_request_gets_flasks_answer(request: Call) -> None:
    """Any request to the main app gets Flask's status, headers, body, hooks and exception."""
    check(sides.pair("main", "plain"), request)


@settings(PROFILE, max_examples=max(20, EXAMPLES // 2))
@given(request=strategies.calls(), variant=st.sampled_from(sorted(VARIANTS)))
def test_any_request_gets_flasks_answer_under_any_setting(request: Call, variant: str) -> None:
    """Any request under any variant of the settings gets what Flask answers under the same settings."""
    check(sides.pair("main", variant), request)


@settings(PROFILE, max_examples=max(20, EXAMPLES // 5))
@given(paths=strategies.SEQUENCES, variant=st.sampled_from(("plain", "bare", "cookie_settings", "no_secret", "debug")))
def test_a_sequence_with_a_cookie_jar_gets_flasks_answers(paths: list[str], variant: str) -> None:
    """A client that keeps its cookies sees the same sessions and flashed messages on both sides, step by step."""
    jars: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for path in paths:
        target, _, query = path.partition("?")
        check(sides.pair("main", variant), Call(path=target, query=query), jars)


@settings(PROFILE, max_examples=max(20, EXAMPLES // 10))
@given(paths=strategies.SEQUENCES)
def test_a_session_moves_between_the_two_packages(paths: list[str]) -> None:
    """Each side reads the session cookies that the other one signed."""
    jars: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for path in paths:
        target, _, query = path.partition("?")
        check(sides.pair("main", "plain"), Call(path=target, query=query), jars)
        jars = (jars[1], jars[0])


@OTHER_NAME
@settings(PROFILE, max_examples=max(10, EXAMPLES // 10))
@pytest.mark.parametrize("variant", HOST_VARIANTS)
@given(request=strategies.host_calls())
def test_any_host_gets_flasks_answer(variant: str, request: Call) -> None:
    """An app that routes by host or subdomain answers each host as Flask does."""
    check(sides.pair("hosts", variant), request)


@settings(PROFILE, max_examples=max(20, EXAMPLES // 5))
@given(request=strategies.host_calls(), variant=st.sampled_from(("plain", "debug", "trap_bad_request", "propagate")))
def test_untrusted_hosts_are_refused_as_by_flask(request: Call, variant: str) -> None:
    """An app with trusted hosts refuses the same hosts as Flask, with the same answer."""
    check(sides.pair("trusted", variant), request)
