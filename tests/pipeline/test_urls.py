"""Rules that are added, and URLs that are built from them."""

import pytest
from werkzeug.routing import BuildError, Rule


@pytest.fixture
def app(lib):
    """Return an application with rules of its own and of nested blueprints."""
    app = lib.Flask("made")
    outer, inner = (
        lib.Blueprint("outer", "made", url_prefix="/outer"),
        lib.Blueprint("inner", "made", url_prefix="/inner"),
    )
    for scaffold in (app, outer, inner):
        scaffold.add_url_rule("/page", "page", lambda: lib.url_for(lib.request.args["to"]))
        scaffold.add_url_rule("/item/<int:number>", "item", lambda number: "")
    app.add_url_rule("/item", "item", methods=["POST"])
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    return app


@pytest.mark.parametrize(
    ("options", "methods", "automatic"),
    [
        ({}, {"GET", "HEAD", "OPTIONS"}, True),
        ({"methods": ["post"]}, {"POST", "OPTIONS"}, True),
        ({"methods": ("GET", "OPTIONS")}, {"GET", "HEAD", "OPTIONS"}, False),
        ({"methods": []}, {"OPTIONS"}, True),
        ({"provide_automatic_options": False}, {"GET", "HEAD"}, False),
        ({"provide_automatic_options": True, "methods": ["GET", "OPTIONS"]}, {"GET", "HEAD", "OPTIONS"}, True),
        ({"provide_automatic_options": True}, {"GET", "HEAD"}, True),
    ],
)
def test_a_rule_takes_the_methods_that_are_named(lib, options, methods, automatic):
    """GET unless named, in capitals, and OPTIONS unless the view takes it."""
    app = lib.Flask("made")
    app.add_url_rule("/", "page", lambda: "", **options)
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "page")
    assert (methods, automatic) == (rule.methods, rule.provide_automatic_options)


@pytest.mark.parametrize(
    ("attributes", "methods", "automatic"),
    [
        ({"methods": ["PUT"]}, {"PUT", "OPTIONS"}, True),
        ({"required_methods": ["patch"]}, {"GET", "HEAD", "PATCH", "OPTIONS"}, True),
        ({"provide_automatic_options": False}, {"GET", "HEAD"}, False),
        ({"methods": ()}, {"GET", "HEAD", "OPTIONS"}, True),
    ],
)
def test_a_view_may_name_its_methods(lib, attributes, methods, automatic):
    """Attributes of the view are read, as those that a class as view has."""

    def view():
        return ""

    vars(view).update(attributes)
    app, rules = lib.Flask("made", static_folder=None), []
    if "required_methods" in attributes:
        attributes["required_methods"] = view.required_methods = {"PATCH"}
    app.add_url_rule("/", "page", view)
    rules.extend(app.url_map.iter_rules())
    assert [(methods, automatic)] == [(rule.methods, rule.provide_automatic_options) for rule in rules]


def test_automatic_options_can_be_turned_off(lib):
    """`PROVIDE_AUTOMATIC_OPTIONS` is asked when a rule is added."""
    app = lib.Flask("made", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.add_url_rule("/", "page", lambda: "")
    assert 405 == app.test_client().options("/").status_code


def test_methods_that_are_one_text_are_refused(lib):
    """One string would be taken for its letters."""
    with pytest.raises(TypeError, match="list of strings"):
        lib.Flask("made").add_url_rule("/", "page", lambda: "", methods="GET")


def test_an_endpoint_has_one_view(lib, app):
    """Another view for the same endpoint is refused; the same one may have more rules."""
    view = app.view_functions["page"]
    app.add_url_rule("/other", "page", view)
    with pytest.raises(AssertionError, match="page"):
        app.add_url_rule("/third", "page", lambda: "")
    assert view is app.view_functions["page"]


def test_options_of_a_rule_reach_the_rules_class(lib):
    """`url_rule_class` gets what `add_url_rule` does not know."""

    class Own(Rule):
        def __init__(self, *args, mark=None, **kwargs):
            super().__init__(*args, **kwargs)
            self.mark = mark

    app = type("App", (lib.Flask,), {"url_rule_class": Own})("made", static_folder=None)
    app.add_url_rule("/", "page", lambda: "", mark="yes", strict_slashes=False, defaults={"a": 1})
    (rule,) = app.url_map.iter_rules()
    assert ("yes", False, {"a": 1}) == (rule.mark, rule.strict_slashes, rule.defaults)


def test_a_rule_may_have_no_view(lib):
    """A rule whose view comes later can be used to build URLs."""
    app = lib.Flask("made")
    app.add_url_rule("/later", endpoint="later")
    with app.test_request_context():
        assert ("/later", False) == (lib.url_for("later"), "later" in app.view_functions)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("page", {}), "/page"),
        (("item", {"number": 7}), "/item/7"),
        (("item", {"number": 7, "q": "a b", "none": None}), "/item/7?q=a+b"),
        (("item", {"_method": "POST"}), "/item"),
        (("page", {"_anchor": "top"}), "/page#top"),
        (("page", {"_anchor": "a b/ü%25'"}), "/page#a%20b/%C3%BC%25'"),
        (("page", {"_anchor": ""}), "/page#"),
        (("page", {"_external": True}), "http://localhost/root/page"),
        (("page", {"_external": True, "_scheme": "https"}), "https://localhost/root/page"),
        (("page", {"_scheme": "https"}), "https://localhost/root/page"),
        (("page", {"_external": True, "_scheme": ""}), "//localhost/root/page"),
        (("page", {"_external": False}), "/root/page"),
        (("page", {"_external": None, "_scheme": None, "_anchor": None, "_method": None}), "/root/page"),
        (("outer.page", {"x": ["1", "2"]}), "/root/outer/page?x=1&x=2"),
        (("static", {"filename": "a b.css"}), "/root/static/a%20b.css"),
    ],
)
def test_urls_inside_a_request(lib, app, arguments, expected):
    """They are relative to the host unless asked, and have the prefix of the request."""
    endpoint, values = arguments
    with app.test_request_context(base_url="http://localhost/root"):
        built = lib.url_for(endpoint, **values)
        assert app.url_for(endpoint, **values) == built
    assert expected.replace("/root", "") == built.replace("/root", "")
    assert "/root" in built


@pytest.mark.parametrize(
    ("path", "endpoint", "expected"),
    [
        ("/page", "page", "/page"),
        ("/page", ".page", "/page"),
        ("/outer/page", ".page", "/outer/page"),
        ("/outer/page", ".inner.page", "/outer/inner/page"),
        ("/outer/page", "page", "/page"),
        ("/outer/inner/page", ".page", "/outer/inner/page"),
        ("/outer/inner/page", "outer.page", "/outer/page"),
    ],
)
def test_a_dot_in_front_means_the_current_blueprint(app, path, endpoint, expected):
    """Outside of blueprints it means the application."""
    assert expected == app.test_client().get(path, query_string={"to": endpoint}).text


def test_a_scheme_needs_a_host(lib, app):
    """A URL that is not external cannot have a scheme."""
    with app.test_request_context(), pytest.raises(ValueError, match="_external"):
        lib.url_for("page", _scheme="https", _external=False)


@pytest.mark.parametrize("where", ["app_context", "nothing"])
def test_outside_of_a_request_a_server_name_is_needed(lib, app, where):
    """Without one the error says what to configure; with one URLs are external unless asked."""

    def build(**options):
        if where == "nothing":
            return app.url_for("item", number=7, **options)
        with app.app_context():
            return lib.url_for("item", number=7, **options)

    with pytest.raises(RuntimeError, match="SERVER_NAME"):
        build()
    app.config.update(SERVER_NAME="h.test:5000", APPLICATION_ROOT="/root", PREFERRED_URL_SCHEME="https")
    assert ("https://h.test:5000/root/item/7", "/root/item/7") == (build(), build(_external=False))
    assert "http://h.test:5000/root/item/7" == build(_scheme="http")


def test_url_for_needs_an_application(lib):
    """The function works on the current application."""
    with pytest.raises(RuntimeError, match="application context"):
        lib.url_for("page")


def test_an_application_inside_a_request_of_another_builds_by_its_request(lib, app):
    """The method of another application builds by its own rules where no request is."""
    other = lib.Flask("other")
    other.config["SERVER_NAME"] = "other.test"
    other.add_url_rule("/only", "only", lambda: "")
    with other.app_context():
        assert "http://other.test/only" == lib.url_for("only")


def test_functions_may_add_values(lib, app):
    """Those of the application come first, then those of each blueprint from outside in."""
    seen = []
    for name in (None, "outer", "outer.inner"):
        app.url_default_functions[name].append(
            lambda endpoint, values, name=name: seen.append(name) or values.update(by=name)
        )
    with app.test_request_context():
        assert "/outer/inner/page?by=outer.inner" == lib.url_for("outer.inner.page")
        assert "/page" == lib.url_for("page")
    assert [None, "outer", "outer.inner", None] == seen


def test_functions_get_the_endpoint_and_what_was_given(lib, app):
    """A function sees the values, may keep them and fill what is missing."""

    @app.url_defaults
    def fill(endpoint, values):
        values.setdefault("number", 1 if endpoint == "item" else None)

    with app.test_request_context():
        assert ["/item/1", "/item/2", "/page"] == [
            lib.url_for("item"),
            lib.url_for("item", number=2),
            lib.url_for("page"),
        ]


@pytest.mark.parametrize(
    ("endpoint", "values"), [("none", {}), ("item", {"_method": "PUT"}), ("outer.item", {"number": "x"})]
)
def test_a_url_that_cannot_be_built_is_an_error(lib, app, endpoint, values):
    """An unknown endpoint, a method that no rule takes, and values that do not fit raise."""
    with app.test_request_context(), pytest.raises((BuildError, ValueError)) as caught:
        lib.url_for(endpoint, **values)
    assert isinstance(caught.value, BuildError) is (values.get("number") is None)


def test_a_handler_may_build_what_cannot_be_built(lib, app):
    """The first handler that returns a URL wins; it is told all that was asked."""
    seen = []
    app.url_build_error_handlers.append(lambda error, endpoint, values: seen.append((endpoint, dict(values))))
    app.url_build_error_handlers.append(lambda error, endpoint, values: f"/handled/{endpoint}")
    app.url_build_error_handlers.append(lambda error, endpoint, values: 1 / 0)
    with app.test_request_context():
        assert "/handled/none" == lib.url_for("none", a=1, _anchor="x")
    assert [("none", {"a": 1, "_anchor": "x", "_method": None, "_scheme": None, "_external": False})] == seen


def test_the_error_of_the_last_handler_is_raised(lib, app):
    """A handler that cannot either may raise another error, and the last one is raised."""
    errors = []

    def fail(error, endpoint, values):
        errors.append(error)
        raise BuildError("other", values, None)

    app.url_build_error_handlers.extend([fail, fail])
    with app.test_request_context(), pytest.raises(BuildError) as caught:
        lib.url_for("none")
    assert ["none", "other", "other"] == [error.endpoint for error in (*errors, caught.value)]


def test_without_a_handler_the_first_error_is_raised(lib, app):
    """The method raises the error that it is given."""
    error = BuildError("none", {}, None)
    with pytest.raises(BuildError) as caught:
        app.handle_url_build_error(error, "none", {})
    assert caught.value is error


def test_an_overridden_handling_is_called(lib, app):
    """`handle_url_build_error` and `inject_url_defaults` may be replaced."""
    app.handle_url_build_error = lambda error, endpoint, values: f"/instead/{endpoint}"
    app.inject_url_defaults = lambda endpoint, values: values.update(injected=1)
    with app.test_request_context():
        assert ("/instead/none", "/page?injected=1") == (lib.url_for("none"), lib.url_for("page"))


@pytest.mark.parametrize(
    ("settings", "options", "base_url", "expected"),
    [
        ({}, {}, "http://any.test", ("any.test", "")),
        ({"SERVER_NAME": "h.test"}, {}, "http://any.test", ("h.test", "")),
        ({"SERVER_NAME": "h.test"}, {}, "http://sub.h.test", ("h.test", "")),
        ({"SERVER_NAME": "h.test"}, {"subdomain_matching": True}, "http://h.test", ("h.test", "")),
        ({"SERVER_NAME": "h.test"}, {"subdomain_matching": True}, "http://sub.h.test", ("h.test", "sub")),
        ({"SERVER_NAME": "H.test:80"}, {"subdomain_matching": True}, "http://a.b.h.test", ("h.test", "a.b")),
        ({"SERVER_NAME": "h.test:443"}, {"subdomain_matching": True}, "https://sub.h.test", ("h.test", "sub")),
        ({}, {"subdomain_matching": True}, "http://any.test", ("any.test", "")),
        (
            {"SERVER_NAME": "h.test"},
            {"host_matching": True, "static_folder": None},
            "http://any.test",
            ("any.test", None),
        ),
    ],
)
def test_the_adapter_of_a_request(lib, settings, options, base_url, expected):
    """What is matched is the host, the subdomain, or neither, by the application's options."""
    app = lib.Flask("made", **options)
    app.config.update(settings)
    with app.test_request_context(base_url=base_url) as context:
        assert expected == (context.url_adapter.server_name.lower(), context.url_adapter.subdomain)


@pytest.mark.parametrize("host", ["other.test", "h.test.evil.test", "evilh.test"])
def test_a_host_beside_the_server_name_warns(lib, host):
    """With subdomain matching a request for another host matches nothing, and the developer is warned."""
    app = lib.Flask("made", subdomain_matching=True)
    app.config["SERVER_NAME"] = "h.test"
    app.add_url_rule("/", "page", lambda: "")
    with pytest.warns(UserWarning, match=f"Current server name '{host}' doesn't match configured server name 'h.test'"):
        assert 404 == app.test_client().get("/", base_url=f"http://{host}").status_code


def test_a_default_subdomain_is_the_maps(lib):
    """Without subdomain matching the map's default subdomain is used."""
    app = lib.Flask("made")
    app.url_map.default_subdomain = "www"
    with app.test_request_context(base_url="http://h.test") as context:
        assert "www" == context.url_adapter.subdomain


@pytest.mark.parametrize(
    ("host", "trusted"), [("h.test", True), ("a.sub.test", True), ("evil.test", False), ("sub.test.evil", False)]
)
def test_only_trusted_hosts_have_an_adapter(lib, host, trusted):
    """`TRUSTED_HOSTS` names hosts, or domains by a dot in front."""
    app = lib.Flask("made")
    app.config["TRUSTED_HOSTS"] = ["h.test", ".sub.test"]
    app.add_url_rule("/", "page", lambda: lib.request.host)
    assert trusted is (app.test_client().get("/", base_url=f"http://{host}").status_code == 200)


def test_outside_of_a_request_the_adapter_is_the_configurations(lib):
    """Without a server name there is none."""
    app = lib.Flask("made")
    assert None is app.create_url_adapter(None)
    app.config.update(SERVER_NAME="h.test", APPLICATION_ROOT="/root", PREFERRED_URL_SCHEME="https")
    adapter = app.create_url_adapter(None)
    assert ("h.test", "/root/", "https") == (adapter.server_name, adapter.script_name, adapter.url_scheme)
