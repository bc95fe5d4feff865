"""Parts of an application: what is recorded, under which names, and when it is done."""

import click
import pytest

import demijohn
import demijohn.cli


@pytest.fixture
def app(lib):
    """Return an application without static files."""
    app = lib.Flask("made", static_folder=None)
    app.secret_key = "k"
    return app


def rules_of(app):
    """Return the rules with their endpoints and subdomains."""
    return [(rule.rule, rule.endpoint, rule.subdomain) for rule in app.url_map.iter_rules()]


def view():
    """Answer."""
    return "view"


def with_page(lib, name="part", rule="/page", **options):
    """Return a blueprint with a page."""
    blueprint = lib.Blueprint(name, "made", **options)
    blueprint.add_url_rule(rule, "page", view)
    return blueprint


@pytest.mark.parametrize("name", ["", "a.b", "."])
def test_a_name_is_a_plain_word(lib, name):
    """It is not empty and has no dot."""
    with pytest.raises(ValueError, match="name"):
        lib.Blueprint(name, "made")


@pytest.mark.parametrize(
    ("own", "given", "rule", "expected"),
    [
        (None, {}, "/page", "/page"),
        ("/part", {}, "/page", "/part/page"),
        ("/part/", {}, "/page", "/part/page"),
        ("/part", {}, "page", "/part/page"),
        ("/part/", {}, "//page", "/part/page"),
        ("/part", {}, "", "/part"),
        ("/part/", {}, "", "/part/"),
        ("/part", {}, "/", "/part/"),
        ("/part", {"url_prefix": "/other"}, "/page", "/other/page"),
        ("/part", {"url_prefix": None}, "/page", "/part/page"),
        ("/part", {"url_prefix": ""}, "/page", "/page"),
        ("", {}, "/page", "/page"),
    ],
)
def test_a_prefix_goes_before_each_rule(lib, app, own, given, rule, expected):
    """The prefix of the registration replaces the blueprint's own; one slash joins."""
    app.register_blueprint(with_page(lib, rule=rule, url_prefix=own), **given)
    assert [(expected, "part.page", "")] == rules_of(app)


def test_the_options_of_a_registration(lib, app):
    """Name, subdomain and defaults may be given there."""
    blueprint = with_page(lib, rule="/<a>/<b>", subdomain="own", url_defaults={"c": 1, "d": 1})
    blueprint.add_url_rule("/more", "more", view, defaults={"d": 3, "e": 3}, subdomain="rule")
    app.register_blueprint(blueprint, name="other", subdomain="given", url_defaults={"d": 2})
    defaults = [rule.defaults for rule in app.url_map.iter_rules()]
    assert [("/<a>/<b>", "other.page", "given"), ("/more", "other.more", "rule")] == rules_of(app)
    assert [{"c": 1, "d": 2}, {"c": 1, "d": 3, "e": 3}] == defaults


def test_defaults_of_a_rule_may_be_none(lib, app):
    """A rule may say that it has no defaults of its own."""
    blueprint = lib.Blueprint("part", "made", url_defaults={"a": 1})
    blueprint.add_url_rule("/", "page", view, defaults=None)
    if lib is demijohn:
        app.register_blueprint(blueprint)
        assert [{"a": 1}] == [rule.defaults for rule in app.url_map.iter_rules()]


def test_a_blueprint_may_be_registered_under_several_names(lib, app):
    """Under each name it has its rules, its own functions, and is listed."""
    seen = []
    blueprint = with_page(lib)
    blueprint.before_request(lambda: seen.append(lib.request.blueprint))
    app.register_blueprint(blueprint, url_prefix="/1")
    app.register_blueprint(blueprint, url_prefix="/2", name="again")
    client = app.test_client()
    assert ["view", "view"] == [client.get(path).text for path in ("/1/page", "/2/page")]
    assert (["part", "again"], {"part": blueprint, "again": blueprint}) == (seen, app.blueprints)
    assert [blueprint, blueprint] == list(app.iter_blueprints())


@pytest.mark.parametrize("is_same", [True, False])
def test_a_name_is_taken_once(lib, app, is_same):
    """Two blueprints, or one twice, need names of their own."""
    blueprint = with_page(lib)
    app.register_blueprint(blueprint)
    with pytest.raises(ValueError, match=r"'part' is already registered for (this|a different) blueprint.*name="):
        app.register_blueprint(blueprint if is_same else with_page(lib), url_prefix="/x")


def test_the_name_of_a_nested_blueprint_is_told_in_full(lib, app):
    """The error has the name with those around it."""
    outer, inner = lib.Blueprint("outer", "made"), with_page(lib, "inner")
    outer.register_blueprint(inner)
    outer.register_blueprint(inner, url_prefix="/x")
    with pytest.raises(ValueError, match=r"outer\.inner"):
        app.register_blueprint(outer)


@pytest.mark.parametrize(
    ("outer", "inner", "given", "expected"),
    [
        ({}, {}, {}, ("/page", "")),
        ({"url_prefix": "/o"}, {}, {}, ("/o/page", "")),
        ({}, {"url_prefix": "/i"}, {}, ("/i/page", "")),
        ({"url_prefix": "/o/"}, {"url_prefix": "/i/"}, {}, ("/o/i/page", "")),
        ({"url_prefix": "/o"}, {"url_prefix": "/i"}, {"url_prefix": "/g"}, ("/o/g/page", "")),
        ({"subdomain": "o"}, {}, {}, ("/page", "o")),
        ({}, {"subdomain": "i"}, {}, ("/page", "i")),
        ({"subdomain": "o"}, {"subdomain": "i"}, {}, ("/page", "i.o")),
        ({"subdomain": "o"}, {"subdomain": "i"}, {"subdomain": "g"}, ("/page", "g.o")),
    ],
)
def test_what_is_around_a_nested_blueprint_is_added(lib, app, outer, inner, given, expected):
    """Prefixes are joined from outside, subdomains from inside."""
    around = lib.Blueprint("outer", "made", **outer)
    around.register_blueprint(with_page(lib, "inner", **inner), **given)
    app.register_blueprint(around)
    rule, subdomain = expected
    assert [(rule, "outer.inner.page", subdomain)] == rules_of(app)


def test_nested_blueprints_may_have_other_names(lib, app):
    """Names of registrations are joined by dots."""
    outer = lib.Blueprint("outer", "made")
    outer.register_blueprint(with_page(lib, "inner"), name="in")
    app.register_blueprint(outer, name="out")
    assert [("/page", "out.in.page", "")] == rules_of(app)
    assert ["out", "out.in"] == list(app.blueprints)


def test_a_blueprint_is_not_registered_on_itself(lib):
    """That would have no end."""
    blueprint = lib.Blueprint("part", "made")
    with pytest.raises(ValueError, match="itself"):
        blueprint.register_blueprint(blueprint)


@pytest.mark.parametrize(
    "method",
    [
        "before_request",
        "after_request",
        "teardown_request",
        "url_value_preprocessor",
        "url_defaults",
        "context_processor",
    ],
)
def test_functions_of_a_blueprint_are_in_the_applications_tables(lib, app, method):
    """They are copied under the full name, nested blueprints' too, at each registration under a new name."""
    outer, inner = lib.Blueprint("outer", "made"), lib.Blueprint("inner", "made")
    getattr(outer, method)(print)
    getattr(inner, method)(repr)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    app.register_blueprint(outer, name="again")
    tables = {"url_defaults": "url_default_functions", "url_value_preprocessor": "url_value_preprocessors"}
    table = getattr(
        app, tables.get(method, "template_context_processors" if "context" in method else f"{method}_funcs")
    )
    expected = {"outer": [print], "outer.inner": [repr], "again": [print], "again.inner": [repr]}
    assert expected == {name: table[name][-1:] for name in expected}


def test_handlers_of_a_blueprint_are_for_its_views(lib, app):
    """They are copied under the full name too, for codes and classes."""
    outer, inner = with_page(lib, "outer", "/outer"), with_page(lib, "inner", "/inner")
    for blueprint in (outer, inner):
        blueprint.add_url_rule(f"/{blueprint.name}/fail", "fail", lambda: {}["missing"])
        blueprint.add_url_rule(f"/{blueprint.name}/none", "none", lambda: lib.abort(404))
        blueprint.register_error_handler(KeyError, lambda error, name=blueprint.name: f"{name} key")
        blueprint.register_error_handler(404, lambda error, name=blueprint.name: f"{name} none")
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    client = app.test_client()
    paths = ("/outer/fail", "/outer/none", "/inner/fail", "/inner/none")
    assert ["outer key", "outer none", "inner key", "inner none"] == [client.get(path).text for path in paths]
    assert 404 == client.get("/none").status_code


def test_views_of_a_blueprint_can_be_registered_by_endpoint(lib, app):
    """The endpoint is that of the application."""
    blueprint = lib.Blueprint("part", "made")
    blueprint.add_url_rule("/", endpoint="named")
    blueprint.endpoint("part.named")(lambda: "named")
    app.register_blueprint(blueprint)
    assert "named" == app.test_client().get("/").text


APP_WIDE = {
    "before_app_request": "before_request_funcs",
    "after_app_request": "after_request_funcs",
    "teardown_app_request": "teardown_request_funcs",
    "app_context_processor": "template_context_processors",
    "app_url_value_preprocessor": "url_value_preprocessors",
    "app_url_defaults": "url_default_functions",
}


@pytest.mark.parametrize(("method", "table"), APP_WIDE.items())
def test_functions_for_the_whole_application_are_registered_once(lib, app, method, table):
    """They go under None, once for each application, however many registrations."""
    blueprint, other = lib.Blueprint("part", "made"), lib.Flask("other")
    assert print is getattr(blueprint, method)(print)
    app.register_blueprint(blueprint)
    app.register_blueprint(blueprint, name="again")
    other.register_blueprint(blueprint)
    assert [1, 1] == [getattr(made, table)[None].count(print) for made in (app, other)]


def test_a_handler_for_the_whole_application(lib, app):
    """A blueprint may handle errors of all."""
    blueprint = lib.Blueprint("part", "made")

    @blueprint.app_errorhandler(404)
    def handle(error):
        return "handled"

    app.register_blueprint(blueprint)
    assert ("handled", "handle") == (app.test_client().get("/none").text, handle.__name__)


@pytest.mark.parametrize(("kind", "table"), [("filter", "filters"), ("test", "tests"), ("global", "globals")])
@pytest.mark.parametrize("name", [None, "named"])
def test_functions_for_templates_of_the_whole_application(lib, app, kind, table, name):
    """A filter, a test or a global is registered by decorator or method, under its own name or another."""
    blueprint = lib.Blueprint("part", "made")

    def decorated(value=None):
        return value

    def added(value=None):
        return value

    assert decorated is getattr(blueprint, f"app_template_{kind}")(name and f"{name}_1")(decorated)
    getattr(blueprint, f"add_app_template_{kind}")(added, name and f"{name}_2")
    app.register_blueprint(blueprint)
    names = ["decorated", "added"] if name is None else ["named_1", "named_2"]
    assert [decorated, added] == [getattr(app.jinja_env, table)[key] for key in names]


def test_what_is_recorded_is_done_at_each_registration(lib, app):
    """`record` each time, `record_once` at an application's first; the state knows what was given."""
    seen = []
    blueprint, other = lib.Blueprint("part", "made", url_prefix="/p", subdomain="s"), lib.Flask("other")
    blueprint.record(lambda state: seen.append(("each", state.app.name, state.name, state.first_registration)))
    blueprint.record_once(lambda state: seen.append(("once", state.app.name, state.url_prefix, state.subdomain)))
    app.register_blueprint(blueprint)
    app.register_blueprint(blueprint, name="again", url_prefix="/x")
    other.register_blueprint(blueprint)
    assert [
        ("each", "made", "part", True),
        ("once", "made", "/p", "s"),
        ("each", "made", "again", False),
        ("each", "other", "part", True),
        ("once", "other", "/p", "s"),
    ] == seen


def test_a_state_tells_what_is_registered(lib, app):
    """The state has blueprint, application, options and the names."""
    blueprint = lib.Blueprint("part", "made", url_defaults={"a": 1})
    state = blueprint.make_setup_state(app, {"name": "n", "name_prefix": "p", "url_defaults": {"b": 2}}, True)
    assert (blueprint, app, "n", "p", {"a": 1, "b": 2}, True) == (
        state.blueprint,
        state.app,
        state.name,
        state.name_prefix,
        state.url_defaults,
        state.first_registration,
    )


def test_a_subclass_may_have_a_state_of_its_own(lib, app):
    """`make_setup_state` is called, and the state's `add_url_rule` adds the rules."""

    class State(lib.blueprints.BlueprintSetupState):
        def add_url_rule(self, rule, endpoint=None, view_func=None, **options):
            super().add_url_rule(f"/own{rule}", endpoint, view_func, **options)

    class Own(lib.Blueprint):
        def make_setup_state(self, app, options, first_registration=False):
            return State(self, app, options, first_registration)

    blueprint = Own("part", "made")
    blueprint.get("/page")(view)
    app.register_blueprint(blueprint)
    assert [("/own/page", "part.view", "")] == rules_of(app)


def test_a_subclass_may_register_in_its_own_way(lib, app):
    """`register` is called with the application and the options, for nested ones too."""
    seen = []

    class Own(lib.Blueprint):
        def register(self, app, options):
            seen.append((self.name, options.get("url_prefix")))
            super().register(app, options)

    outer = Own("outer", "made")
    outer.register_blueprint(Own("inner", "made"), url_prefix="/i")
    app.register_blueprint(outer, url_prefix="/o")
    assert [("outer", "/o"), ("inner", "/o/i")] == seen


@pytest.mark.parametrize("arguments", [{"endpoint": "a.b"}, {"endpoint": ".a"}, {"view_func": "dotted"}])
def test_endpoints_of_a_blueprint_have_no_dots(lib, arguments):
    """Dots separate the names of blueprints, so a view's name has none."""

    def dotted():
        return ""

    dotted.__name__ = "dotted.name"
    if "view_func" in arguments:
        arguments = {"view_func": dotted}
    with pytest.raises(ValueError, match="dot"):
        lib.Blueprint("part", "made").add_url_rule("/", **arguments)


def test_a_view_without_a_name_may_have_an_endpoint(lib, app):
    """A callable object is a view when the endpoint is given."""

    class View:
        def __call__(self):
            return "called"

    blueprint = lib.Blueprint("part", "made")
    blueprint.add_url_rule("/", "named", View())
    app.register_blueprint(blueprint)
    assert "called" == app.test_client().get("/").text


def test_options_of_rules_are_passed_on(lib, app):
    """`provide_automatic_options` and what the rule's class knows."""
    blueprint = lib.Blueprint("part", "made")
    blueprint.add_url_rule("/", "page", view, provide_automatic_options=False, strict_slashes=False, methods=["PUT"])
    app.register_blueprint(blueprint)
    (rule,) = app.url_map.iter_rules()
    assert (False, False, {"PUT"}) == (rule.provide_automatic_options, rule.strict_slashes, rule.methods)


SETUP = [
    *(
        "before_request",
        "after_request",
        "teardown_request",
        "context_processor",
        "url_defaults",
        "record",
        "record_once",
    ),
    *(
        "before_app_request",
        "app_context_processor",
        "register_blueprint",
        "endpoint",
        "add_app_template_filter",
        "get",
    ),
]


@pytest.mark.parametrize("method", SETUP)
def test_a_registered_blueprint_is_finished(lib, app, method):
    """What is recorded later would be missing in the application; the error names method and blueprint."""
    blueprint = lib.Blueprint("part", "made")
    app.register_blueprint(blueprint)
    argument = lib.Blueprint("other", "made") if method == "register_blueprint" else print
    with pytest.raises(AssertionError, match=f"{method}.*part"):
        getattr(blueprint, method)(argument)


def test_an_application_that_serves_takes_no_blueprint(lib, app):
    """Registering is part of setting up."""
    app.test_client().get("/")
    with pytest.raises(AssertionError, match="register_blueprint"):
        app.register_blueprint(lib.Blueprint("part", "made"))


def test_static_files_of_a_blueprint(lib, app, tmp_path):
    """They have an endpoint of their own below the prefix, and the blueprint's age."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "page.css").write_text("css", encoding="utf-8")
    blueprint = lib.Blueprint("part", "made", static_folder="assets", root_path=str(tmp_path), url_prefix="/p")
    blueprint.get_send_file_max_age = lambda filename: 7 if filename == "page.css" else None
    app.register_blueprint(blueprint)
    response = app.test_client().get("/p/assets/page.css")
    assert (b"css", 7) == (response.data, response.cache_control.max_age)
    response.close()
    with app.test_request_context():
        assert "/p/assets/page.css" == lib.url_for("part.static", filename="page.css")


def test_without_a_folder_there_are_no_static_files(lib, app):
    """A blueprint without a folder has no endpoint for it, and says so when asked."""
    blueprint = lib.Blueprint("part", "made")
    app.register_blueprint(blueprint)
    assert [] == rules_of(app)
    with app.test_request_context(), pytest.raises(RuntimeError, match="static"):
        blueprint.send_static_file("page.css")


@pytest.mark.parametrize("age", [None, 5])
def test_the_age_of_files_is_the_applications(lib, app, age):
    """By default the setting of the application that serves them holds."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = age
    with app.test_request_context():
        assert age == lib.Blueprint("part", "made").get_send_file_max_age("page.css")


def test_a_resource_of_a_blueprint_can_be_opened(lib, tmp_path):
    """It is opened below the root, as bytes or as text, and never for writing."""
    (tmp_path / "file.txt").write_text("é", encoding="utf-8")
    blueprint = lib.Blueprint("part", "made", root_path=str(tmp_path))
    with blueprint.open_resource("file.txt") as data, blueprint.open_resource("file.txt", "r") as text:
        assert ("é".encode(), "é") == (data.read(), text.read())
    with blueprint.open_resource("file.txt", "rt", encoding="latin-1") as text:
        assert "Ã©" == text.read()
    with pytest.raises(ValueError, match="reading"):
        blueprint.open_resource("file.txt", "w")


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        ({}, {}, ["part", "work"]),
        ({"cli_group": "tools"}, {}, ["tools", "work"]),
        ({"cli_group": None}, {}, ["work"]),
        ({"cli_group": "tools"}, {"cli_group": "other"}, ["other", "work"]),
        ({"cli_group": "tools"}, {"cli_group": None}, ["work"]),
        ({}, {"name": "renamed"}, ["renamed", "work"]),
    ],
)
def test_commands_of_a_blueprint(lib, app, own, given, expected):
    """They are in a group of the blueprint's name, of another one, or beside the application's."""
    blueprint = lib.Blueprint("part", "made", **own)
    blueprint.cli.command("work")(lambda: click.echo("worked"))
    app.register_blueprint(blueprint, **given)
    assert "worked\n" == app.test_cli_runner().invoke(args=expected).output


def test_a_blueprint_without_commands_has_no_group(lib, app):
    """Nothing is added to the application's commands."""
    blueprint = lib.Blueprint("part", "made")
    assert ("part", True) == (blueprint.cli.name, blueprint.cli is blueprint.cli)
    app.register_blueprint(blueprint)
    assert {} == app.cli.commands


def test_the_group_of_commands_may_be_another(lib, app):
    """A blueprint may be given a group."""
    blueprint = lib.Blueprint("part", "made")
    group = lib.cli.AppGroup("mine")
    group.command("work")(lambda: click.echo("worked"))
    blueprint.cli = group
    app.register_blueprint(blueprint)
    assert "worked\n" == app.test_cli_runner().invoke(args=["part", "work"]).output
