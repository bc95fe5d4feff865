"""The console of the traceback page: who may use it, and what is kept for it."""

import json
import re

import pytest

from demijohn.dev import debugger as module
from demijohn.dev.debugger import CONSOLE_PATH, Debugger
from demijohn.dev.traceback_page import RequestFacts

PIN = "123-456-789"
HOST = "localhost:5000"
PAGE_HEADERS = [("Host", HOST), ("Accept", "text/html")]


def fail(number=7):
    """Fail with a local variable."""
    raise ValueError(number)


def catch(function=fail, *arguments):
    """Return what a function raises."""
    try:
        function(*arguments)
    except ValueError as error:
        return error


class Browser:
    """Ask as a browser does: with the cookies and the data of the last page."""

    def __init__(self, debugger):
        self.debugger = debugger
        self.cookie = ""
        self.page = {}
        self.number = 0

    def load(self, error=None, headers=None, **options):
        answer = self.debugger.answer_error(
            error or catch(), RequestFacts("GET", "/", "", headers or PAGE_HEADERS), **options
        )
        text = answer.body.decode()
        self.page = dict(re.findall(r' data-(page|secret)="([^"]+)"', text))
        self.number = max(map(int, re.findall(r'data-frame="(\d+)"', text)), default=0)
        return text

    def post(self, change_headers=None, **message):
        headers = {"Host": HOST, "Content-Type": "application/json", "Origin": f"http://{HOST}", "Cookie": self.cookie}
        headers.update(change_headers or {})
        body = json.dumps({**self.page, **message}).encode()
        answer = self.debugger.answer_debug_request("POST", CONSOLE_PATH, "", list(headers.items()), body)
        self.cookie = dict(answer.headers).get("Set-Cookie", self.cookie).partition(";")[0]
        return answer.status, json.loads(answer.body)

    def run(self, command="number", **options):
        return self.post(frame=self.number, command=command, **options)


@pytest.fixture
def debugger(monkeypatch, lib):
    """Return the debugger of an application with a known PIN."""
    monkeypatch.setenv("WERKZEUG_DEBUG_PIN", PIN)
    return Debugger(lib.Flask("made"))


@pytest.fixture
def browser(debugger):
    """Return a browser that has loaded a page."""
    browser = Browser(debugger)
    browser.load()
    return browser


@pytest.fixture
def trusted(browser):
    """Return a browser that has given the PIN."""
    assert (200, {"trusted": True}) == browser.post(pin=PIN)
    return browser


def test_command_runs_once_the_pin_is_given(browser):
    """Without the PIN a command is refused, with it, dashes or not, it runs."""
    assert (403, "pin") == (browser.run()[0], browser.run()[1]["error"])
    assert (200, {"trusted": True}) == browser.post(pin=" 123456789 ")
    assert (200, {"output": "7\n"}) == browser.run()


def test_names_stay_between_commands(trusted):
    """Each frame has one console, which remembers."""
    trusted.run("x = number")
    assert (200, {"output": "14\n"}) == trusted.run("x * 2")


def test_pin_can_be_turned_off(browser, monkeypatch, lib):
    """The variable that turns off Werkzeug's PIN turns off this one."""
    monkeypatch.setenv("WERKZEUG_DEBUG_PIN", "off")
    browser = Browser(Debugger(lib.Flask("made")))
    browser.load()
    assert (200, {"output": "7\n"}) == browser.run()


def test_pin_is_announced_once_where_the_server_runs(debugger, capsys):
    """The first page prints the PIN, and no page shows it."""
    browser = Browser(debugger)
    text = browser.load() + browser.load()
    assert 1 == capsys.readouterr().err.count(PIN)
    assert PIN not in text


def test_wrong_pins_shut_the_console(browser):
    """After ten wrong PINs even the right one is refused."""
    assert [403] * module.MOST_TRIES == [browser.post(pin=f"{n}")[0] for n in range(module.MOST_TRIES)]
    assert 429 == browser.post(pin=PIN)[0]


def test_right_pin_forgives_wrong_ones(browser):
    """Only wrong PINs in a row count."""
    for _ in range(3):
        assert {403} == {browser.post(pin="0")[0] for _ in range(module.MOST_TRIES - 1)}
        assert 200 == browser.post(pin=PIN)[0]


def test_trust_outlives_the_process_but_not_the_pin(trusted, monkeypatch, lib):
    """A browser stays trusted when the server reloads, until the PIN is another one."""
    trusted.debugger = Debugger(lib.Flask("made"))
    trusted.load()
    assert 200 == trusted.run()[0]
    monkeypatch.setenv("WERKZEUG_DEBUG_PIN", "987-654-321")
    trusted.debugger = Debugger(lib.Flask("made"))
    trusted.load()
    assert 403 == trusted.run()[0]


@pytest.mark.parametrize(
    "cookie", ["demijohn-console=trusted", "demijohn-console=trusted.a.b", "demijohn-console=", "=;a b"]
)
def test_forged_cookies_are_no_trust(browser, cookie):
    """A cookie that the PIN did not sign is none."""
    browser.cookie = cookie
    assert (403, "pin") == (browser.run()[0], browser.run()[1]["error"])


def test_cookie_is_for_the_console_alone(browser):
    """The cookie is out of reach of scripts, other sites and other paths."""
    body = json.dumps({**browser.page, "pin": PIN}).encode()
    headers = [("Host", HOST), ("Content-Type", "application/json")]
    cookie = dict(browser.debugger.answer_debug_request("POST", CONSOLE_PATH, "", headers, body).headers)["Set-Cookie"]
    assert cookie.endswith("; Path=/-/console; Max-Age=604800; HttpOnly; SameSite=Strict")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "app.localhost:5000", "127.0.0.1", "127.8.9.1:80", "[::1]", "[::1]:5000"]
)
def test_names_of_this_machine_have_a_console(trusted, host):
    """Every loopback name and address is served."""
    status, _ = trusted.run(change_headers={"Host": host, "Origin": f"http://{host}"})
    assert 200 == status
    assert trusted.load(headers=[("Host", host), ("Accept", "text/html")]).count("data-frame") > 0


HOSTILE_HOSTS = """
    evil.test localhost.evil.test 127.0.0.1.evil.test evil.test#localhost evil@localhost localhost@evil xlocalhost
    192.168.1.5:5000 0.0.0.0 [::] [::ffff:1.2.3.4] localhost:x localhost:5000:1 127.1 2130706433 localhost/ localhost?
    localhost\\.evil.test ::1 [localhost] localhost. .localhost@x
"""


@pytest.mark.parametrize("host", [*HOSTILE_HOSTS.split(), "", "localhost evil", "localhost\n"])
def test_other_hosts_have_no_console(trusted, host):
    """A request under another name is refused, and its page has neither secret nor console."""
    status, message = trusted.run(change_headers={"Host": host, "Origin": f"http://{host}"})
    assert (403, "host") == (status, message["error"])
    text = trusted.load(headers=[("Host", host), ("Accept", "text/html")])
    assert ({}, 0) == (trusted.page, trusted.number)
    assert "only to names of this machine" in text


def test_two_hosts_or_none_are_refused(trusted):
    """A request that does not say under which one name it came is refused."""
    for hosts in ([], [("Host", HOST), ("host", HOST)]):
        headers = [*hosts, ("Content-Type", "application/json")]
        assert 403 == trusted.debugger.answer_debug_request("POST", CONSOLE_PATH, "", headers, b"{}").status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://["},
        {"Origin": "ftp://localhost:5000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_other_origins_are_refused(trusted, headers):
    """Another site, or another port of this machine, cannot send a command."""
    status, message = trusted.run(change_headers=headers)
    assert (403, "origin") == (status, message["error"])


def test_page_of_the_same_origin_is_served(trusted):
    """What a browser says about a request of the page itself is accepted."""
    assert 200 == trusted.run(change_headers={"Sec-Fetch-Site": "same-origin", "Origin": f"https://{HOST.upper()}"})[0]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
def test_form_kinds_are_refused(trusted, kind):
    """What a form of another site could send is refused by its content type."""
    assert 400 == trusted.run(change_headers={"Content-Type": kind})[0]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b" " * (1 << 20) + b"{}", b'"a"'])
def test_bad_bodies_are_refused(trusted, body):
    """A body that is no small JSON object is refused."""
    headers = [("Host", HOST), ("Content-Type", "application/json")]
    assert 400 == trusted.debugger.answer_debug_request("POST", CONSOLE_PATH, "", headers, body).status


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
def test_other_methods_are_refused(debugger, method):
    """Only POST sends a command, and nothing is told to other origins."""
    answer = debugger.answer_debug_request(method, CONSOLE_PATH, "", [("Host", HOST)], b"")
    assert (405, "POST") == (answer.status, dict(answer.headers)["Allow"])
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("secret", ["", "x", None, "é", "\ud800", 5])
def test_wrong_secret_is_refused(trusted, secret):
    """A command that does not know the page's secret is refused, PIN or not."""
    assert (403, "secret") == (trusted.run(secret=secret)[0], trusted.run(secret=secret)[1]["error"])
    assert 403 == trusted.post(pin=PIN, secret=secret)[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"frame": 999}, 404),
        ({"page": "x"}, 404),
        ({"page": ["x"]}, 404),
        ({"frame": "1"}, 400),
        ({"frame": True}, 400),
        ({"frame": None}, 400),
        ({"command": 5}, 400),
    ],
)
def test_unknown_frames_are_refused(trusted, change, expected):
    """A frame that is not kept, or not named as it should be, is refused."""
    message = {"frame": trusted.number, "command": "1", **change}
    assert expected == trusted.post(**message)[0]


def test_old_pages_are_forgotten(trusted):
    """The frames of a bounded number of pages are kept."""
    first = dict(trusted.page)
    for _ in range(module.MOST_KEPT_PAGES - 1):
        trusted.load()
    assert 200 == trusted.run(page=first["page"])[0]
    trusted.load()
    assert 404 == trusted.run(page=first["page"])[0]


def test_other_paths_are_the_applications(debugger):
    """A request for anything else is not answered here."""
    assert debugger.answer_debug_request("POST", "/", "", [], b"") is None
    assert debugger.answer_debug_request("POST", CONSOLE_PATH + "/", "", [], b"") is None


def test_console_can_be_left_out(lib):
    """Without a console no frame is kept, and its path is the application's."""
    debugger = Debugger(lib.Flask("made"), has_console=False)
    browser = Browser(debugger)
    assert "ValueError" in browser.load()
    assert ({}, 0, 0) == (browser.page, browser.number, len(debugger._pages))
    assert debugger.answer_debug_request("POST", CONSOLE_PATH, "", [("Host", HOST)], b"") is None


def test_text_keeps_no_frames(debugger):
    """A client that gets text has no console, so nothing is kept for it."""
    answer = debugger.answer_error(catch(), RequestFacts("GET", "/", "", [("Host", HOST)]))
    assert b"GET /\n\nTraceback" in answer.body
    assert 0 == len(debugger._pages)


def test_commands_run_in_the_context_of_the_request(monkeypatch):
    """The proxies of a command stand for the request that failed."""
    import demijohn

    monkeypatch.setenv("WERKZEUG_DEBUG_PIN", "off")
    app = demijohn.Flask("made")
    with app.test_request_context("/where") as context:
        error = catch()
    browser = Browser(Debugger(app))
    browser.load(error, current=context)
    assert (200, {"output": "'/where'\n"}) == browser.run("from demijohn import request\nrequest.path")
