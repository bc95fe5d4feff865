"""Every app of the benchmark answers what its case asks; counts and answers, no times."""

from __future__ import annotations

import pytest

from bench.apps.common import Teardowns
from bench.cases import CASES, Answer, Request, find_fault
from bench.drive import AsgiDriver, WsgiDriver
from bench.peers import PEERS, is_installed
from bench.subject import Subject, load_apps

INSTALLED = [name for name, peer in PEERS.items() if is_installed(peer)]
PAIRS = [(name, case) for name in INSTALLED for case in sorted(load_apps(PEERS[name]))]
FRAMEWORKS = [name for name, peer in PEERS.items() if peer.interface != "function"]


@pytest.mark.parametrize(("name", "case"), PAIRS)
def test_an_app_answers_its_case(name, case):
    """The answer has the status, the content type and the body that the case asks for, time after time."""
    subject = Subject(PEERS[name], CASES[case], load_apps(PEERS[name])[case]())
    try:
        assert subject.fault == ""
        subject.driver.time(subject.request, 3)
        assert subject.check() == ""
    finally:
        subject.close()


def test_what_has_to_be_installed_is():
    """Demijohn, Flask, both bare functions and the parts that Flask is made of are measured in every environment."""
    assert {"demijohn", "flask", "wsgi", "asgi", "jinja2", "werkzeug", "itsdangerous", "file"} <= set(INSTALLED)


@pytest.mark.parametrize("name", ["demijohn", "flask"])
def test_demijohn_and_flask_leave_no_case_out(name):
    """The two have an app for every case, but for typed views, which Flask has not."""
    expected = [case for case in CASES.values() if name == "demijohn" or not case.missing]
    assert sorted(case.name for case in expected) == sorted(load_apps(PEERS[name]))


@pytest.mark.parametrize("name", [name for name in INSTALLED if name in FRAMEWORKS])
def test_a_missing_case_has_a_reason(name):
    """A framework has an app for a case or a sentence that says why not, never both and never neither."""
    apps = load_apps(PEERS[name])
    rare = [case.name for case in CASES.values() if case.missing and case.name not in apps]
    assert sorted(CASES) == sorted([*apps, *apps.missing, *rare])
    assert all(apps.missing.values())


def test_flask_and_demijohn_are_measured_with_the_same_requests():
    """Timing sends exactly as many requests as it is told, each with an environ of its own."""
    environs = []

    def app(environ, start_response):
        environs.append(environ)
        start_response("200 OK", [])
        return []

    WsgiDriver(app).time(Request("/"), 5)
    assert len({id(environ) for environ in environs}) == 5
    assert len({id(environ["wsgi.input"]) for environ in environs}) == 5


def test_an_asgi_app_gets_a_scope_of_its_own():
    """No request shares its scope, its headers or its state with another."""
    scopes = []

    async def app(scope, receive, send):
        if scope["type"] == "http":
            scopes.append(scope)

    driver = AsgiDriver(app)
    driver.time(Request("/"), 5)
    driver.close()
    for part in (lambda scope: scope, lambda scope: scope["headers"], lambda scope: scope["state"]):
        assert len({id(part(scope)) for scope in scopes}) == 5


def test_an_asgi_app_gets_a_body_in_pieces():
    """A large body comes in messages of 64 KiB, and after the last there is a disconnect."""
    seen = []

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        while (message := await receive()).get("more_body"):
            seen.append(len(message["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        seen.append((await receive())["type"])

    driver = AsgiDriver(app)
    driver.ask(Request("/", "POST", body=b"x" * 200_000, content_type="text/plain"))
    driver.close()
    assert seen == [65536, 65536, 65536, "http.disconnect"]


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (Answer(500, [("Content-Type", "text/html")], b"Hello, World!"), "status"),
        (Answer(200, [("Content-Type", "text/plain")], b"Hello, World!"), "content type"),
        (Answer(200, [("Content-Type", "text/html")], b"Hello"), "body"),
    ],
)
def test_a_wrong_answer_is_found_out(answer, word):
    """A wrong status, content type or body is told in words."""
    assert word in find_fault(CASES["plain"], answer)


def test_a_hook_that_does_not_run_is_found_out():
    """An app whose answer is right, but that tears nothing down, is not measured."""
    subject = Subject(PEERS["demijohn"], CASES["hooks"], load_apps(PEERS["demijohn"])["plain"]())
    assert subject.fault == "the teardown ran 0 times, not 1"
    assert Teardowns.count >= 0
