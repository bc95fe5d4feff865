"""Finding, compiling and rendering templates."""

import logging
import threading

import jinja2
import pytest
from jinja2 import DictLoader, TemplateNotFound

from demijohn import (
    Blueprint,
    Flask,
    before_render_template,
    g,
    render_template,
    render_template_string,
    request,
    stream_template,
    stream_template_string,
    template_rendered,
)
from demijohn.templating import (
    DispatchingJinjaLoader,
    Environment,
    _default_template_ctx_processor,
    _render,
    _stream,
)

PAGES = {"page.html": "<b>{{ value }}</b>", "page.txt": "{{ value }}", "only_app.html": "app"}


class App(Flask):
    """An application whose templates are in a dict."""

    @property
    def jinja_loader(self):
        return DictLoader(PAGES)


@pytest.fixture
def app():
    """Return an application with templates, a secret key and a current context."""
    app = App("made")
    app.secret_key = "k"
    with app.test_request_context("/path"):
        yield app


@pytest.fixture
def blueprint(app):
    """Return a blueprint that was registered, with templates of its own."""
    blueprint = Blueprint("area", "made")
    blueprint.jinja_loader = DictLoader({"page.html": "area", "only_area.html": "area"})
    app.register_blueprint(blueprint)
    return blueprint


@pytest.fixture
def signals():
    """Return a list that notes the two signals about templates."""
    noted = []

    def note_before(sender, template, context):
        noted.append(("before", sender, template, set(context)))

    def note_after(sender, template, context):
        noted.append(("after", sender, template, set(context)))

    with before_render_template.connected_to(note_before), template_rendered.connected_to(note_after):
        yield noted


@pytest.mark.parametrize("name", ["page.html", ["missing.html", "page.html"]])
def test_a_template_is_rendered_by_name(app, name):
    """A name is looked up; of several the first that exists is taken."""
    assert "<b>&lt;</b>" == render_template(name, value="<")


def test_a_template_may_be_given_itself(app):
    """A compiled template is rendered as it is."""
    assert "1" == render_template(app.jinja_env.from_string("{{ value }}"), value=1)


def test_a_missing_template_is_an_error(app):
    """A name that no loader knows raises TemplateNotFound with the name."""
    with pytest.raises(TemplateNotFound, match=r"missing\.html"):
        render_template("missing.html")


def test_escaping_goes_by_the_name(app):
    """HTML files and strings are escaped, other files are not."""
    assert "<" == render_template("page.txt", value="<")
    assert "&lt;" == render_template_string("{{ value }}", value="<")


@pytest.mark.parametrize("render", [render_template, render_template_string, stream_template, stream_template_string])
def test_rendering_needs_an_application(render):
    """Outside of a context nothing is rendered."""
    with pytest.raises(RuntimeError, match="Working outside of application context"):
        render("page.html")


def test_every_template_has_the_usual_variables(app):
    """`request`, `session`, `g` and `config` are there, in macros and imports too."""
    g.word = "g"
    source = "{{ request.path }} {{ g.word }} {{ session.a }} {{ config.TESTING }}"
    assert "/path g  False" == render_template_string(source)
    assert {"g": g._get_current_object(), "request": request._get_current_object()} == _default_template_ctx_processor()


def test_without_a_request_there_is_no_request_variable():
    """In an application context templates have `g` alone, outside of it nothing."""
    app = App("made")
    assert {} == _default_template_ctx_processor()
    with app.app_context():
        assert ["g"] == list(_default_template_ctx_processor())
        assert "<b>1</b>" == render_template("page.html", value=1)


def test_variables_of_the_caller_win(app):
    """What is passed wins over context processors, which win over the usual variables."""
    app.context_processor(lambda: {"a": "processor", "b": "processor", "g": "processor"})
    assert "caller processor processor" == render_template_string("{{ a }} {{ b }} {{ g }}", a="caller")


def test_an_overridden_update_is_called(app):
    """`update_template_context` is called with the caller's variables."""
    calls = []
    app.update_template_context = calls.append
    render_template("page.html", value=1)
    list(stream_template("page.html", value=2))
    assert [{"value": 1}, {"value": 2}] == calls


def test_signals_come_before_and_after(app, signals):
    """Both signals carry the application, the template and the whole context."""
    template = app.jinja_env.get_template("page.html")
    render_template("page.html", value=1)
    expected = (app, template, {"value", "g", "request"})
    assert [("before", *expected), ("after", *expected)] == signals


def test_a_failing_template_was_not_rendered(app, signals):
    """The second signal is sent only when the template was rendered to its end."""
    with pytest.raises(ZeroDivisionError):
        render_template_string("{{ 1 // zero }}", zero=0)
    with pytest.raises(ZeroDivisionError):
        list(stream_template_string("a{{ 1 // zero }}", zero=0))
    assert ["before", "before"] == [name for name, *_ in signals]


def test_a_stream_comes_in_pieces(app, signals):
    """A stream gives the pieces of the template, and signals at its ends."""
    pieces = stream_template("page.html", value=1)
    assert ["before"] == [name for name, *_ in signals]
    assert ["<b>", "1", "</b>"] == list(pieces)
    assert ["before", "after"] == [name for name, *_ in signals]


def test_a_stream_keeps_its_request():
    """The request is current while pieces are made, after the view has returned."""
    app = App("made")
    app.add_url_rule("/", view_func=lambda: stream_template_string("{{ name() }}", name=lambda: request.path))
    assert "/" == app.test_client().get("/").text
    with app.test_request_context("/later"):
        pieces = stream_template_string("{{ name() }}{{ 1 }}", name=lambda: request.path)
    assert ["/later", "1"] == list(pieces)
    assert not request


def test_a_stream_outside_of_requests_is_rendered_later():
    """With an application alone, the context of the stream is taken at once."""
    app = App("made")
    with app.app_context():
        pieces = stream_template_string("{{ g.word }} {{ value }}", value=1)
        g.word = "late"
    assert ["late", " ", "1"] == list(pieces)


def test_a_stream_passes_its_error_to_teardown():
    """An error in a stream leaves the request as it goes out."""
    app = App("made")
    seen = []
    app.teardown_request(seen.append)
    with app.test_request_context():
        pieces = stream_template_string("a{{ 1 // zero }}", zero=0)
    with pytest.raises(ZeroDivisionError):
        list(pieces)
    assert isinstance(seen[-1], ZeroDivisionError)
    assert not request


def test_private_functions_render_any_template(app):
    """`_render` and `_stream` take an application, a template and a context."""
    template = app.jinja_env.get_template("page.html")
    assert "<b>1</b>" == _render(app, template, {"value": 1}) == "".join(_stream(app, template, {"value": 1}))


def test_blueprints_are_asked_after_the_application(app, blueprint):
    """The application's templates win; a blueprint adds what is missing."""
    assert ["<b></b>", "area"] == [render_template("page.html"), render_template("only_area.html")]
    loader = DispatchingJinjaLoader(app)
    assert [app, blueprint] == [owner for owner, _ in loader._iter_loaders("page.html")]
    assert {*PAGES, "only_area.html"} == set(loader.list_templates())


def test_owners_without_templates_are_skipped():
    """An application or blueprint without a template folder has no loader."""
    app = Flask("made", template_folder=None)
    app.register_blueprint(Blueprint("area", "made"))
    assert [] == DispatchingJinjaLoader(app).list_templates()


def test_the_search_can_be_explained(app, blueprint, caplog):
    """With `EXPLAIN_TEMPLATE_LOADING` every loader is asked and the answers are logged."""
    app.config["EXPLAIN_TEMPLATE_LOADING"] = True
    with caplog.at_level(logging.INFO, app.name):
        assert "area" == render_template("only_area.html")
        with pytest.raises(TemplateNotFound):
            render_template("missing.html")
    assert ["only_area.html", "missing.html"] == [
        name for name, text in zip(["only_area.html", "missing.html"], caplog.messages, strict=True) if name in text
    ]


def test_an_environment_takes_the_loader_of_the_application(app):
    """Without a loader the environment asks the application for one."""
    environment = Environment(app)
    assert environment.app is app
    assert isinstance(environment.loader, DispatchingJinjaLoader)
    assert Environment(app, loader=None).loader is None


def test_a_string_is_compiled_once(app):
    """The same source gives the same template, for another render too."""
    templates = {app.jinja_env._find_string("{{ value }}") for _ in range(3)}
    assert 1 == len(templates)
    assert ["1", "2"] == [render_template_string("{{ value }}", value=value) for value in (1, 2)]


@pytest.mark.parametrize(
    ("change", "source", "expected"),
    [
        (lambda env: env.filters.update(upper=str.lower), "{{ 'A' | upper }}", ["A", "a"]),
        (lambda env: env.tests.update(odd=lambda _: "new"), "{{ 1 is odd }}", ["True", "new"]),
        (lambda env: env.globals.update(range=lambda: "new"), "{{ range() if new else 1 }}", ["1", "new"]),
        (lambda env: setattr(env, "globals", {"range": "new"}), "{{ range if new else 1 }}", ["1", "new"]),
        (lambda env: setattr(env, "variable_start_string", "{$"), "{{ 1 }}", ["1", "{{ 1 }}"]),
        (lambda env: setattr(env, "autoescape", False), "{{ '<' }}", ["&lt;", "<"]),
        (lambda env: setattr(env, "trim_blocks", True), "{% if 1 %}\n{% endif %}.", ["\n.", "."]),
        (lambda env: setattr(env, "undefined", jinja2.DebugUndefined), "{{ nothing }}", ["", "{{ nothing }}"]),
        (lambda env: setattr(env, "finalize", lambda value: "new"), "{{ 1 }}", ["1", "new"]),
    ],
)
def test_a_change_of_the_environment_takes_effect(app, change, source, expected):
    """What a kept template was compiled with is compared before it is used again."""
    first = render_template_string(source)
    change(app.jinja_env)
    assert expected == [first, render_template_string(source, new=True)]


def test_an_added_extension_takes_effect(app):
    """An extension adds tags to a source that was compiled before."""
    source = "{% if value %}{% endif %}{{ 'a' ~ 'b' }}"
    kept = app.jinja_env._find_string(source)
    app.jinja_env.add_extension("jinja2.ext.do")
    assert kept is not app.jinja_env._find_string(source)


def test_a_missing_filter_may_be_added_later(app):
    """A source that could not be compiled is tried again."""
    with pytest.raises(jinja2.TemplateAssertionError, match="No filter named 'late'"):
        render_template_string("{{ 1 | late }}")
    app.jinja_env.filters["late"] = lambda _: "late"
    assert "late" == render_template_string("{{ 1 | late }}")


@pytest.mark.parametrize(
    "source", ["{{ 'a' | count_up }}", "{{ 'a' is counted_up }}", "{% if 'a' | count_up %}{% endif %}"]
)
def test_a_constant_is_computed_for_each_use(app, source):
    """A filter of the application's own is called again, though its argument is a constant."""
    calls = []
    app.jinja_env.filters["count_up"] = calls.append
    app.jinja_env.tests["counted_up"] = calls.append
    render_template_string(source)
    count = len(calls)
    render_template_string(source)
    assert 2 * count == len(calls) > 0


def test_tojson_follows_the_settings_of_the_provider(app):
    """A constant is dumped by the settings that `app.json` has at the time."""
    source = "{{ ['é'] | tojson }}"
    first = render_template_string(source)
    app.json.ensure_ascii = False
    assert ['["\\u00e9"]', '["é"]'] == [first, render_template_string(source)]


def test_kept_strings_are_few_and_short(app):
    """The memory for kept strings is bounded in number and in size."""
    environment = app.jinja_env
    for number in range(200):
        environment._find_string(f"{number}")
    assert 128 == environment._strings[1].cache_info().currsize
    long = "x" * 100_000
    assert environment._find_string(long) is not environment._find_string(long)


def test_an_overridden_compiler_is_called_each_time(app):
    """A subclass that overrides `from_string` sees every source."""
    sources = []

    class Own(Environment):
        def from_string(self, source, **options):
            sources.append(source)
            return super().from_string(source, **options)

    app.jinja_env = Own(app)
    render_template_string("a")
    render_template_string("a")
    assert ["a", "a"] == sources


def test_any_environment_will_do(app):
    """An environment that is Jinja's own renders strings too."""
    app.jinja_env = jinja2.Environment(autoescape=True)
    assert "&lt;" == render_template_string("{{ value }}", value="<")


def test_an_overlay_keeps_strings_of_its_own(app):
    """An overlay with other settings does not use the templates of its base."""
    app.jinja_env._find_string("{{ 1 }}[[ 2 ]]")
    overlay = app.jinja_env.overlay(variable_start_string="[[", variable_end_string="]]")
    assert "{{ 1 }}2" == overlay._find_string("{{ 1 }}[[ 2 ]]").render()
    assert "1[[ 2 ]]" == render_template_string("{{ 1 }}[[ 2 ]]")


def test_threads_may_compile_at_once(app):
    """Threads that render while filters change never see a stale or broken template."""
    environment, wrong = app.jinja_env, []

    def render(number):
        for step in range(20):
            expected = f"{number}.{step}"
            environment.filters[f"f{number}"] = lambda _, text=expected: text
            found = environment._find_string(f"{{{{ 1 | f{number} }}}}").render()
            wrong.extend([(expected, found)] * (expected != found))

    threads = [threading.Thread(target=render, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong
