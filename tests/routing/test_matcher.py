from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from werkzeug import routing
from werkzeug.exceptions import NotFound

from demijohn.routing import ASK, NOT_FOUND, Matcher
from tests.routing.rulesets import COMPARISON, RuleSet, answer_of, describe, paths, rule_sets

Setting = tuple[str, str | None]


def setting_of(url_map: routing.Map, data: st.DataObject) -> Setting:
    """Draw what an adapter is bound to: the server's name and the subdomain."""
    server = data.draw(st.sampled_from(["h.test", "api", "www.h.test", "1.x"]))
    subdomains = [None] if url_map.host_matching else [None, None, "api", "3.x", "www", ""]
    return server, data.draw(st.sampled_from(subdomains))


def found(matcher: Matcher, adapter: routing.MapAdapter, path: str, method: str, websocket: bool) -> Any:
    """Give the matcher's answer, the adapter's where the matcher asks for it."""
    host = adapter.server_name if adapter.map.host_matching else adapter.subdomain
    try:
        answer = matcher.find(method, path, host, websocket)
    except Exception as error:  # noqa: BLE001 - any error is compared
        return type(error), str(error)
    if answer is ASK:
        return answer_of(adapter, path, method, websocket)
    return NotFound if answer is NOT_FOUND else describe(*answer)


@COMPARISON
@given(rule_set=rule_sets(), data=st.data())
def test_every_answer_is_werkzeugs(rule_set: RuleSet, data: st.DataObject) -> None:
    """Matcher and map answer every path as Werkzeug's own map does."""
    reference, lazy = rule_set.reference(), rule_set.lazy()
    server, subdomain = setting_of(reference, data)
    expected_by, actual_by = (each.bind(server, subdomain=subdomain) for each in (reference, lazy))
    matcher, grafted = Matcher(lazy), Matcher(reference)
    for _ in range(8):
        path = data.draw(paths(rule_set))
        method = data.draw(st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "PUT"]))
        websocket = data.draw(st.integers(0, 9)) == 0
        expected = answer_of(expected_by, path, method, websocket)
        assert expected == found(matcher, actual_by, path, method, websocket)
        assert expected == found(grafted, expected_by, path, method, websocket)
        assert expected == answer_of(actual_by, path, method, websocket)
        rule = matcher.static.get(method, {}).get(path)
        if rule is not None and not websocket and actual_by.subdomain == lazy.default_subdomain:
            assert expected == describe(rule, {})
