"""The docs page in a browser: what a person sees of a document, and what an operation that is tried sends."""

from __future__ import annotations

import json
import threading

import pytest
from werkzeug.serving import make_server

from demijohn import Flask, Response, request
from demijohn.api import ui
from tests.api.browser import Browser, find_browser
from tests.api.petstore import HOSTILE, build_petstore

pytestmark = pytest.mark.skipif(find_browser() is None, reason="there is no Chromium here to look at the page with")

#: Finds an operation, opens it and its form, and gives the form.
TRY = """(async (id) => {
  const operation = document.getElementById(`operation/${id}`);
  const find = async (selector) => {
    while (!operation.querySelector(selector)) await new Promise((next) => setTimeout(next, 20));
    return operation.querySelector(selector);
  };
  operation.open = true;
  (await find('.try')).open = true;
  return find('form');
})"""
#: Sends a form and gives the JSON of the answer.
SEND = """(async (form) => {
  form.requestSubmit();
  while (!form.querySelector('.answer pre:not([hidden])')) await new Promise((next) => setTimeout(next, 20));
  return JSON.parse(form.querySelector('.answer pre').textContent);
})"""


def make_shop():
    """Return an application with the page of the pet shop, and a view that says what it was sent."""
    app = Flask("pets", static_folder=None)
    document = build_petstore()
    page = ui.render_page(document, "/docs", "/openapi.json")
    app.add_url_rule("/openapi.json", endpoint="document", view_func=lambda: document)
    app.add_url_rule("/docs", endpoint="page", view_func=lambda: Response(page.body, headers=page.headers))

    @app.get("/docs/assets/<name>")
    def send_asset(name):
        content = ui.load_asset(name)
        return Response(content.body, mimetype=content.mimetype, headers=content.headers)

    @app.post("/v1/token")
    def give_token():
        if request.form["password"] != "right":
            return {"detail": "no"}, 401
        return {"access_token": "-".join(request.form[name] for name in ("grant_type", "username", "scope"))}

    @app.route("/v1/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"])
    def echo(rest):
        return {
            "method": request.method,
            "path": f"{rest}?{request.query_string.decode()}",
            "headers": {name.lower(): value for name, value in request.headers},
            "cookies": request.cookies,
            "form": request.form.to_dict(flat=False),
            "files": [file.filename for _, file in request.files.items(multi=True)],
            "text": "" if request.form or request.files else request.get_data(as_text=True),
            "number": 9007199254740993,
        }

    return app


@pytest.fixture(scope="module")
def shop():
    """Give the URL of the page, served for real."""
    server = make_server("127.0.0.1", 0, make_shop().wsgi_app, threaded=True)
    server.log = server.RequestHandlerClass.log_request = lambda *arguments, **values: None
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/docs"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    """Give a browser for all tests of the file."""
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def page(browser, shop):
    """Give the page, and see that nothing went wrong on it and that it asked no other site."""
    page = browser.open(shop)
    yield page
    origin = shop.removesuffix("/docs")
    assert ([], []) == (page.faults, [url for url in page.requests if not url.startswith((origin, "about:"))])


def send(page, operation, fill=""):
    """Return what the server was sent when an operation is tried with its form filled in."""
    return page.run(f"(async () => {{ const form = await {TRY}('{operation}'); {fill}; return {SEND}(form); }})()")


def field(name, value):
    """Return the script that fills one field in by its label."""
    label = f"[...form.querySelectorAll('label')].find((it) => it.textContent.startsWith({json.dumps(name)}))"
    return f"document.getElementById({label}.htmlFor).value = {json.dumps(value)};"


def test_it_shows_every_operation(page):
    """All operations and webhooks are on the page and among the links, in groups by tag."""
    document = build_petstore()
    items = [*document["paths"].values(), *document["webhooks"].values()]
    count = sum(len(set(item) - {"parameters"}) for item in items)
    assert f"{count} operations" == page.wait("document.getElementById('count').textContent")
    assert count == page.run("document.querySelectorAll('.operation:not(.model)').length")
    assert count == page.run("document.querySelectorAll('#links li a').length")
    groups = page.run("[...document.querySelectorAll('.group > h2')].map((it) => it.textContent)")
    assert ["pets", "owners", "shop", "Other operations", "Webhooks", "Models"] == groups


def test_texts_of_the_document_are_text(page):
    """Markup in any text of the document is shown as it is written, and runs nothing."""
    opening = "document.querySelectorAll('details:not([open])').forEach((it) => (it.open = true))"
    for _ in range(3):
        page.run(f"{opening}; new Promise((next) => setTimeout(next, 100))")
    inside = "document.getElementById('operation/odd')"
    assert HOSTILE == page.run(f"{inside}.querySelector('.title').textContent")
    assert 0 == page.run(f"{inside}.querySelectorAll('img, script, a[href^=javascript], a[href^=data]').length")
    assert page.run("document.body.dataset.broken === undefined")


def test_a_tried_operation_sends_what_was_filled_in(page):
    """Query, lists, headers and cookies reach the server; the cookie is gone afterwards."""
    fill = field("kind", "dog") + field("tag", "a b\nü&c") + field("near", '{"x": 1}')
    fill += field("X-Request-ID", "7") + field("flavour", "oak")
    sent = send(page, "list_pets", fill)
    assert ("GET", "pets?kind=dog&tag=a+b&tag=%C3%BC%26c&near%5Bx%5D=1") == (sent["method"], sent["path"])
    assert ("7", {"flavour": "oak"}) == (sent["headers"]["x-request-id"], sent["cookies"])
    assert page.run("document.cookie") == ""


def test_a_body_begins_with_an_example(page):
    """The editor holds an example without what is read only, and what is sent is its text."""
    sent = send(page, "add_pet")
    body = json.loads(sent["text"])
    assert ("Rex", "cat", False) == (body["name"], body["kind"], "id" in body)
    assert "application/json" == sent["headers"]["content-type"]


def test_a_form_is_sent_as_one(page):
    """The fields of a form are escaped as a form's are."""
    sent = send(page, "login", field("name", "a&b=ü") + field("password", "p"))
    assert {"name": ["a&b=ü"], "password": ["p"]} == sent["form"]


def test_files_are_sent(page):
    """Several files go with one field of a multipart form."""
    files = "const files = new DataTransfer();"
    files += "for (const name of ['a.png', 'b.png']) files.items.add(new File(['x'], name));"
    fill = f"{files} form.querySelector('[type=file]').files = files.files; {field('title', '@t')}"
    sent = send(page, "upload", fill)
    assert ({"title": ["@t"]}, ["a.png", "b.png"]) == (sent["form"], sent["files"])


def test_credentials_go_where_they_are_asked_for(page):
    """A token is sent by operations whose security names its scheme, by no other, and kept for the tab alone."""
    page.run("document.getElementById('authorize').click()")
    scheme = "[...document.querySelectorAll('dialog form')].find((it) => it.textContent.startsWith('bearer'))"
    page.run(f"{scheme}.querySelector('input').value = 'abc'; {scheme}.requestSubmit()")
    page.run("document.querySelector('dialog').close()")
    headers = [send(page, name)["headers"] for name in ("add_pet", "find_pet")]
    assert ["Bearer abc", None] == [each.get("authorization") for each in headers]
    assert [1, 0] == page.run("[sessionStorage.length, localStorage.length]")


def test_a_token_is_given_for_a_password(page):
    """Where the document has a password flow, a person signs in, and is told why that failed."""
    scheme = "[...document.querySelectorAll('dialog form')].find((it) => it.textContent.startsWith('login'))"
    state = f"{scheme}.querySelector('[role=status]').textContent"
    for password, said in (("wrong", "No token was given: 401 no"), ("right", "Requests carry it")):
        fill = f"[user.value, secret.value] = ['ada', '{password}']; {scheme}.requestSubmit();"
        page.run(f"(() => {{ const [user, secret] = {scheme}.querySelectorAll('input'); {fill} }})()")
        page.wait(f"{state}.startsWith('{said}')")
    # The browser reports the refused answer as an error of the page.
    assert ["401" in fault for fault in page.faults] == [True]
    page.faults.clear()
    assert "Bearer password-ada-pets:write" == send(page, "replace_pet")["headers"]["authorization"]


def test_numbers_are_shown_as_they_came(page):
    """A number beyond what JavaScript counts exactly is not rounded."""
    send(page, "find_pet")
    shown = page.run("document.querySelector('.operation[open] .answer pre').textContent")
    assert '"number": 9007199254740993' in shown


def test_a_request_can_be_copied_as_curl(page):
    """The command line has the method, the quoted URL, the headers and the body of the request."""
    script = """(async () => {
      const { buildRequest, writeCurl } = await import('/docs/assets/request.js');
      const parameter = { name: 'q', in: 'query' };
      return writeCurl(buildRequest({
        base: 'http://x/', method: 'POST', path: '/a', accept: '*/*', filled: [{ parameter, values: ["it's"] }],
        credentials: { headers: [], query: [], cookies: [['c', '1']] }, body: { mediaType: 'text/plain', text: "'" },
      }));
    })()"""
    expected = ["curl -X POST 'http://x/a?q=it'\\''s'", "-H 'Accept: */*'", "-H 'Content-Type: text/plain'"]
    expected += ["-b 'c=1'", "--data-raw ''\\'''"]
    assert " \\\n  ".join(expected) == page.run(script)


def test_the_filter_hides_the_rest(page):
    """Only operations with every word stay, and their number is said."""
    page.run(
        "const it = document.getElementById('filter'); it.value = 'PET delete'; it.dispatchEvent(new Event('input'))"
    )
    page.wait("document.getElementById('count').textContent === '4 of 26 operations'")
    assert 4 == page.run("document.querySelectorAll('#links li:not([hidden])').length")


def test_a_link_opens_its_operation(browser, shop):
    """The address of an operation opens it, and the keyboard is there."""
    page = browser.open(f"{shop}#operation/delete_pet")
    page.wait("document.getElementById('operation/delete_pet').open")
    assert "operation/delete_pet" == page.run("document.activeElement.parentElement.id")


def test_models_that_hold_themselves_open_step_by_step(page):
    """A model inside itself is shown as deep as it is opened."""
    model = "document.getElementById('model/Pet')"
    page.run(f"{model}.open = true; new Promise(requestAnimationFrame)")
    deeper = f"(() => {{ const it = [...{model}.querySelectorAll('.below')].at(-1); it.open = true; return true; }})()"
    for _ in range(4):
        page.run(f"{deeper}; new Promise((next) => setTimeout(next, 50))")
    assert page.run(f"{model}.querySelectorAll('.fields').length") > 3


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(browser, shop, width):
    """On a phone and on a desktop the page has no second scroll bar, with everything open."""
    page = browser.open(shop, width=width)
    opening = "document.querySelectorAll('details:not([open])').forEach((it) => (it.open = true))"
    for _ in range(2):
        page.run(f"{opening}; new Promise((next) => setTimeout(next, 100))")
    assert page.run("document.documentElement.scrollWidth") <= width


def test_the_theme_is_the_systems_or_the_persons(browser, shop):
    """It is dark where the system is, until a person chooses otherwise, and remembers that."""
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = browser.open(shop), browser.open(shop, scheme="dark")
    seen = [light.run(ground), dark.run(ground)]
    dark.run("document.getElementById('theme').click()")
    assert len(set(seen)) == 2
    assert ["light", seen[0]] == dark.run(f"[localStorage.getItem('docs-theme'), {ground}]")
