"""The URLs that `OPENAPI` switches on: the document, the docs page and its files."""

from __future__ import annotations

import json

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from demijohn import Blueprint, Flask
from demijohn.api.routes import install
from demijohn.testing.doors import door

__all__ = ["door"]

HIDDEN = {"openapi.document", "openapi.page", "openapi.asset"}


def make_app(setting=True, **options):
    """Return an application with one view and the routes of a setting."""
    app = Flask("shop", static_folder=None, **options)
    app.config["OPENAPI"] = setting

    @app.get("/orders/<int:number>", host="shop.example" if options.get("host_matching") else None)
    def show_order(number):
        """Show an order."""
        return {"number": number}

    install(app)
    return app


def list_endpoints(app):
    """Return the endpoints of all rules."""
    return {rule.endpoint for rule in app.url_map.iter_rules()}


@pytest.mark.parametrize("setting", [None, False])
def test_nothing_is_added_without_the_setting(setting):
    """Without OPENAPI an application has no route that it did not ask for."""
    assert {"show_order"} == list_endpoints(make_app(setting))


def test_the_document_is_json_of_the_application(door):
    """The document is that of `app.openapi()`, and lists neither itself nor the page."""
    app = make_app({"title": "Orders", "version": "3"})
    answer = door.client(app).get("/openapi.json")
    assert ("application/json", app.openapi()) == (answer.mimetype, answer.json)
    assert ["/orders/{number}"] == list(answer.json["paths"])


def test_the_document_is_the_same_each_time():
    """Two applications that are made alike give the same bytes, with the same tag."""
    one, other = (make_app().test_client().get("/openapi.json") for _ in range(2))
    assert (one.data, one.headers["ETag"]) == (other.data, other.headers["ETag"])


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/assets/docs.js"])
def test_what_a_client_has_is_not_sent_again(door, path):
    """The browser asks each time, and is answered 304 where it has the newest."""
    client = door.client(make_app())
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert ("no-cache", 304, b"") == (first.headers["Cache-Control"], again.status_code, again.data)


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/assets/docs.css"])
def test_a_head_request_has_the_headers_alone(door, path):
    """HEAD gives the length and the type of what GET gives."""
    client = door.client(make_app())
    got, head = client.get(path), client.head(path)
    assert (got.content_length, got.mimetype, b"") == (head.content_length, head.mimetype, head.data)


def test_a_change_is_in_the_next_document():
    """A rule that is added while the application runs is in the document from then on."""
    app = make_app()
    client = app.test_client()
    before = client.get("/openapi.json")
    app.url_map.add(app.url_rule_class("/late", endpoint="show_order", methods=["GET"]))
    after = client.get("/openapi.json", headers={"If-None-Match": before.headers["ETag"]})
    assert (False, True) == ("/late" in before.json["paths"], "/late" in after.json["paths"])


def test_the_page_names_what_it_loads(door):
    """The page is HTML with its title, and every file that it links is there."""
    client = door.client(make_app({"title": "Tea & <cake>"}))
    page = client.get("/docs")
    assert "<title>Tea &amp; &lt;cake&gt;</title>" in page.text
    assert 'data-document="./openapi.json" data-root="./"' in page.text
    assert "text/html" == page.mimetype


@pytest.mark.parametrize("name", ["nothing.js", "docs.html", "__init__.py", "..%2Froutes.py", "%2Fetc%2Fpasswd"])
def test_no_other_file_is_sent(door, name):
    """Only the files of the page are below its path, whatever is asked for."""
    assert 404 == door.client(make_app()).get(f"/docs/assets/{name}").status_code


def test_paths_can_be_chosen(door):
    """Document and page are where `path` and `docs_path` say, and find each other."""
    client = door.client(make_app({"path": "/api/v1/schema.json", "docs_path": "/help/api"}))
    page = client.get("/help/api").text
    assert 'data-document="../api/v1/schema.json" data-root="../"' in page
    assert 'src="./api/assets/docs.js"' in page
    assert 200 == client.get("/help/api/assets/docs.js").status_code
    assert 404 == client.get("/docs").status_code


def test_the_page_can_be_at_the_root(door):
    """`docs_path` may be the root of the application."""
    client = door.client(make_app({"docs_path": "/"}))
    assert 'src="./assets/docs.js"' in client.get("/").text
    assert 200 == client.get("/assets/docs.js").status_code


def test_the_document_can_stand_alone():
    """Without `docs_path` there is the document and no page; without both, nothing."""
    assert {"show_order", "openapi.document"} == list_endpoints(make_app({"docs_path": None}))
    assert {"show_order"} == list_endpoints(make_app({"docs_path": None, "path": None}))


def test_it_works_below_a_prefix():
    """Below another application the page links what is below the same prefix."""
    mounted = DispatcherMiddleware(Response("other"), {"/shop": make_app()})
    client = Client(mounted)
    assert 'data-document="./openapi.json"' in client.get("/shop/docs").text
    assert 200 == client.get("/shop/docs/assets/docs.js").status_code


def test_it_answers_on_any_host():
    """Where rules match hosts, document and page are there on each of them."""
    client = make_app(host_matching=True).test_client()
    paths = ["/openapi.json", "/docs", "/docs/assets/docs.js"]
    assert [200] * 3 == [client.get(path, base_url="http://any.example").status_code for path in paths]


def test_a_second_call_does_nothing():
    """Installing again adds no rule and finds no clash with the first time."""
    app = make_app()
    before = len(list(app.url_map.iter_rules()))
    install(app)
    assert before == len(list(app.url_map.iter_rules()))


@pytest.mark.parametrize(
    ("rule", "key"),
    [("/docs", "docs_path"), ("/docs/", "docs_path"), ("/openapi.json", "path"), ("/docs/assets/<file>", "docs_path")],
)
def test_a_path_that_is_taken_is_refused(rule, key):
    """A rule of the application is never hidden: the error names it and the setting."""
    app = Flask("shop", static_folder=None)
    app.add_url_rule(rule, endpoint="mine", view_func=str)
    app.config["OPENAPI"] = True
    with pytest.raises(ValueError, match=f"(?s){rule}.*'mine'.*Set '{key}'"):
        install(app)
    assert {"mine"} == list_endpoints(app)


def test_rules_that_are_not_in_the_way_are_left_alone():
    """A rule for another method, or a variable that would take the path as well, is no clash."""
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/docs", endpoint="post", view_func=lambda: "posted", methods=["POST"])
    app.add_url_rule("/<name>", endpoint="pages", view_func=lambda name: name)
    app.config["OPENAPI"] = True
    install(app)
    client = app.test_client()
    assert ["posted", "about"] == [client.post("/docs").text, client.get("/about").text]
    assert "text/html" == client.get("/docs").mimetype


def test_an_endpoint_that_is_taken_is_refused():
    """A blueprint whose view has the name of ours is told so."""
    app = Flask("shop", static_folder=None)
    blueprint = Blueprint("openapi", __name__)
    blueprint.add_url_rule("/mine", endpoint="document", view_func=str)
    app.register_blueprint(blueprint)
    app.config["OPENAPI"] = True
    with pytest.raises(ValueError, match=r"'openapi\.document'.*another name"):
        install(app)


@pytest.mark.parametrize(
    ("setting", "error", "words"),
    [
        ("yes", TypeError, "'yes'"),
        ({"titel": "x"}, ValueError, "'titel'"),
        ({"path": 1}, TypeError, "1, a int, as 'path'"),
        ({"path": "openapi.json"}, ValueError, "begin with a slash"),
        ({"docs_path": "/<name>"}, ValueError, "no variables"),
        ({"path": None}, ValueError, "the docs page reads the document"),
        ({"path": "/docs"}, ValueError, "both as 'path' and as 'docs_path'"),
    ],
)
def test_a_wrong_setting_is_refused(setting, error, words):
    """A setting that cannot be meant is an error at once, which says what to write."""
    with pytest.raises(error, match=words):
        make_app(setting)


def test_the_applications_own_hooks_guard_it(door):
    """A before-request function keeps strangers from the document, as from any view."""
    app = make_app()
    app.before_request(lambda: ("no", 401))
    assert [401, 401] == [door.client(app).get(path).status_code for path in ("/docs", "/openapi.json")]


def test_they_are_not_in_the_document():
    """What the setting adds is hidden from the document."""
    app = make_app()
    assert HIDDEN < list_endpoints(app)
    assert "docs" not in json.dumps(app.openapi())
