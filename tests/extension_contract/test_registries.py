"""The tables of the application, read and written in place, at any time and while a request is handled."""

from __future__ import annotations

import functools

import pytest
from werkzeug.routing import BaseConverter, Map, Rule

from demijohn import Blueprint, Flask, current_app, g, request
from tests.extension_contract.application import build_app, fetch, serve_once

TABLES = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs")
WRITES = {
    "append": lambda table, function: table[None].append(function),
    "append to the default": lambda table, function: table.setdefault(None, []).append(function),
    "insert": lambda table, function: table[None].insert(0, function),
    "extend": lambda table, function: table[None].extend([function]),
    "add in place": lambda table, function: table[None].__iadd__([function]),
    "replace the list": lambda table, function: table.__setitem__(None, [*table[None], function]),
    "replace the items": lambda table, function: table[None].__setitem__(slice(None), [*table[None], function]),
    "update": lambda table, function: table.update({None: [*table[None], function]}),
    "append to a list that was stored": lambda table, function: store(table, [*table[None]]).append(function),
    "append to a copy that is stored": lambda table, function: store(table, [*table[None], function]),
}
"""Ways to add a function to a table."""
REMOVALS = {
    "remove": lambda table, function: table[None].remove(function),
    "pop": lambda table, function: table[None].pop(),
    "delete the item": lambda table, function: table[None].__delitem__(-1),
    "clear the list": lambda table, function: table[None].clear(),
    "pop the list": lambda table, function: table.pop(None),
    "delete the list": lambda table, function: table.__delitem__(None),
    "clear the table": lambda table, function: table.clear(),
    "replace the list": lambda table, function: table.__setitem__(None, []),
    "empty the slice": lambda table, function: table[None].__setitem__(slice(None), []),
}
"""Ways to remove the only function of a table."""


def store(table, functions):
    """Store a list and return what the table then has."""
    table[None] = functions
    return table[None]


def note(calls, *args):
    """Keep a call, and return the response where there is one."""
    calls.append(args)
    return args[0] if args else None


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_function_added_in_place_runs(app, table, write):
    """However a function gets into a table of hooks, the next request runs it, once."""
    calls = []
    write(getattr(app, table), functools.partial(note, calls))
    assert (b"index", 1) == (fetch(app).data, len(calls))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("remove", REMOVALS.values(), ids=REMOVALS)
def test_a_function_removed_in_place_does_not_run(prepare, table, remove):
    """However a function gets out of a table of hooks, no later request runs it (Flask-Dance, OpenTelemetry)."""
    calls = []
    app = build_app()
    function = functools.partial(note, calls)
    getattr(app, table).setdefault(None, []).append(function)
    prepare(app)
    calls.clear()
    remove(getattr(app, table), function)
    assert (b"index", []) == (fetch(app).data, calls)


@pytest.mark.parametrize("table", TABLES)
def test_a_list_stored_by_an_extension_is_the_one_that_counts(app, table):
    """What is read back after storing a list may be written to, and is found again."""
    calls = []
    getattr(app, table)[None] = []
    getattr(app, table)[None].append(functools.partial(note, calls))
    fetch(app)
    assert (1, 1) == (len(calls), len(getattr(app, table)[None]))


@pytest.mark.parametrize("table", TABLES)
def test_a_table_may_be_replaced(app, table):
    """A plain dictionary set in the place of a table is used from then on, and may be written to as well."""
    first, second = [], []
    setattr(app, table, {None: [functools.partial(note, first)]})
    fetch(app)
    getattr(app, table)[None].append(functools.partial(note, second))
    fetch(app)
    assert (2, 1) == (len(first), len(second))


@pytest.mark.parametrize("table", TABLES)
def test_functions_of_a_blueprint_are_under_its_name(app, table):
    """A function under a blueprint's name runs for that blueprint's requests and no others."""
    calls = []
    getattr(app, table).setdefault("wing", []).append(functools.partial(note, calls))
    fetch(app)
    assert [] == calls
    assert (b"wing", 1) == (fetch(app, "/wing/").data, len(calls))


def test_registered_functions_can_be_read(app):
    """Each decorator's function is in its table, under None or under the blueprint's name."""
    app, wing = Flask("reading"), Blueprint("wing", "reading")
    for kind, table in (
        ("before_request", "before_request_funcs"),
        ("after_request", "after_request_funcs"),
        ("teardown_request", "teardown_request_funcs"),
        ("context_processor", "template_context_processors"),
        ("url_defaults", "url_default_functions"),
        ("url_value_preprocessor", "url_value_preprocessors"),
    ):
        outer, inner = getattr(app, kind)(lambda *args: None), getattr(wing, kind)(lambda *args: None)
        assert outer in getattr(app, table)[None]
        assert inner in getattr(wing, table)[None]
        assert (table, 1) == (table, len(getattr(wing, table)))
    app.register_blueprint(wing)
    assert all(len(getattr(app, table)["wing"]) == 1 for table in TABLES)


def list_moments():
    """Name the moments of a request at which a function may be added."""
    return ["a before-function", "the view", "an error handler"]


def add_at(app, moment, action):
    """Have an action run at a moment of the next request; return the path to request."""
    if moment == "a before-function":
        app.before_request_funcs.setdefault(None, []).append(action)
        return "/"
    if moment == "the view":
        original = app.view_functions["view_index"]
        app.view_functions["view_index"] = lambda: (action(), original())[1]
        return "/"
    app.error_handler_spec[None][None][LookupError] = lambda error: (action(), "handled")[1]
    return "/fails"


@pytest.mark.parametrize("moment", list_moments())
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_an_after_function_added_while_a_request_runs_runs_for_that_request(app, moment, write):
    """Flask-Caching adds the function that sets headers while the view runs, and needs it for that response."""

    def mark(response):
        response.headers["X-Cache"] = response.headers.get("X-Cache", "") + "hit"
        return response

    def add_once():
        if not getattr(current_app, "has_added", False):
            current_app.has_added = True
            write(current_app.after_request_funcs, mark)

    path = add_at(app, moment, add_once)
    assert ["hit", "hit"] == [fetch(app, path).headers.get("X-Cache") for _ in range(2)]


def test_an_after_function_added_by_an_inner_one_runs_for_that_request(app):
    """A blueprint's after-function may add one for the application, whose turn comes later."""
    app.after_request_funcs["wing"].append(
        lambda response: (
            app.after_request_funcs.setdefault(None, []).append(lambda response: app.response_class("outer")),
            response,
        )[1]
    )
    assert b"outer" == fetch(app, "/wing/").data


def test_an_after_function_added_for_the_blueprint_runs_for_that_request(app):
    """A function added under the blueprint's name while its view runs gets that response."""
    marks = []
    app.view_functions["wing.view"] = lambda: (
        app.after_request_funcs.setdefault("wing", []).append(lambda response: note_response(marks, response)),
        "view",
    )[1]
    fetch(app, "/wing/")
    assert [b"view"] == marks


def note_response(marks, response):
    """Keep the body of a response."""
    marks.append(response.data)
    return response


def test_an_after_function_removed_while_a_request_runs_does_not_run(app):
    """A function that takes itself out before the response is not called for that request."""
    calls = []
    function = functools.partial(note, calls)
    app.after_request_funcs.setdefault(None, []).append(function)
    app.before_request_funcs.setdefault(None, []).append(lambda: app.after_request_funcs[None].remove(function))
    assert (200, []) == (fetch(app).status_code, calls)


def test_a_before_function_added_by_another_runs_for_that_request(app):
    """A before-function may add the next one, as extensions do that set themselves up late."""
    functions = app.before_request_funcs.setdefault(None, [])
    functions.append(lambda: functions.append(lambda: "late") if len(functions) == 1 else None)
    assert b"late" == fetch(app).data


def test_a_teardown_function_added_while_a_request_runs_runs_for_that_request(app):
    """A function added by the view is called when that request is over."""
    calls = []
    app.view_functions["view_index"] = lambda: (
        app.teardown_request_funcs.setdefault(None, []).append(functools.partial(note, calls)),
        "index",
    )[1]
    fetch(app)
    assert [(None,)] == calls


def test_a_teardown_function_of_the_context_added_while_a_request_runs_runs(app):
    """A function added to `teardown_appcontext_funcs` by the view is called when that request is over."""
    calls = []
    app.view_functions["view_index"] = lambda: (
        app.teardown_appcontext_funcs.append(functools.partial(note, calls)),
        "index",
    )[1]
    fetch(app)
    assert [(None,)] == calls


def test_a_function_may_be_added_while_no_request_runs_but_one_has(app):
    """`teardown_appcontext_funcs` may be appended to and removed from at any time."""
    calls = []
    function = functools.partial(note, calls)
    app.teardown_appcontext_funcs.append(function)
    fetch(app)
    app.teardown_appcontext_funcs.remove(function)
    fetch(app)
    assert [(None,)] == calls


def test_context_processors_may_be_written(app):
    """A processor added in place gives its variables to the next template; once removed, no more."""
    app.view_functions["view_page"] = lambda: current_app.jinja_env.get_template("page.html").render(word=collect(app))
    processor = lambda: {"extra": "added"}  # noqa: E731 - the object that is removed again
    app.template_context_processors[None].append(processor)
    assert b"added" in fetch(app, "/page").data
    app.template_context_processors[None].remove(processor)
    assert b"added" not in fetch(app, "/page").data
    app.template_context_processors[None] = [*app.template_context_processors[None], processor]
    assert b"added" in fetch(app, "/page").data


def collect(app):
    """Return the variables of a template as text."""
    context = {}
    app.update_template_context(context)
    return str(context.get("extra"))


def test_error_handlers_may_be_written(app):
    """A handler put into the table answers the next error, and the handlers that are there may be rewritten."""
    app.error_handler_spec[None][404][type(app.aborter.mapping[404]())] = lambda error: ("by code", 404)
    app.error_handler_spec[None][None][LookupError] = lambda error: ("by class", 500)
    assert [b"by code", b"by class"] == [fetch(app, path).data for path in ("/nowhere", "/fails")]
    for by_code in app.error_handler_spec.values():
        for handlers in by_code.values():
            for kind, handler in handlers.items():
                handlers[kind] = functools.partial(rewrite, handler)
    assert [b"*by code", b"*by class"] == [fetch(app, path).data for path in ("/nowhere", "/fails")]
    del app.error_handler_spec[None][None][LookupError]
    assert 500 == fetch(app, "/fails").status_code


def rewrite(handler, error):
    """Mark what a handler answers."""
    body, status = handler(error)
    return f"*{body}", status


def test_registered_error_handlers_can_be_read():
    """A handler is under the blueprint's name or None, the status code or None, and the class."""
    app, wing = Flask("reading"), Blueprint("wing", "reading")
    by_class = app.errorhandler(LookupError)(lambda error: "")
    by_code = wing.errorhandler(404)(lambda error: "")
    app.register_blueprint(wing)
    not_found = app.aborter.mapping[404]
    assert by_class is app.error_handler_spec[None][None][LookupError]
    assert by_code is app.error_handler_spec["wing"][404][not_found]


def test_views_may_be_rewritten(app):
    """Each entry may be wrapped, replaced, removed and added; the next request takes what is there."""
    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = functools.wraps(view)(lambda view=view, **values: (view(**values), 203))
    assert [203, 203] == [fetch(app, path).status_code for path in ("/", "/wing/")]
    app.view_functions.update(view_index=lambda: "updated")
    assert b"updated" == fetch(app).data
    view = app.view_functions.pop("view_index")
    assert 500 == fetch(app).status_code
    app.view_functions.setdefault("view_index", view)
    assert b"updated" == fetch(app).data
    app.view_functions |= {"view_index": lambda: "joined"}
    assert b"joined" == fetch(app).data


def test_a_view_may_be_replaced_by_a_before_function(app):
    """The view is looked up when it is its turn, so that a before-function may still exchange it."""
    app.before_request_funcs.setdefault(None, []).append(
        lambda: app.view_functions.update({request.endpoint: lambda **values: "exchanged"})
    )
    assert b"exchanged" == fetch(app).data


def test_the_rule_may_be_replaced_by_a_before_function(app):
    """`request.url_rule` and `view_args` decide which view is called, and a before-function may set them."""
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "wing.view")
    app.before_request_funcs.setdefault(None, []).append(lambda: setattr(request, "url_rule", rule))
    assert b"wing" == fetch(app).data


def test_functions_for_urls_may_be_written(app):
    """A function put into `url_default_functions` adds its values to the next URL; once removed, no more."""
    function = lambda endpoint, values: values.setdefault("lang", "nl")  # noqa: E731 - the object that is removed again
    app.url_default_functions.setdefault(None, []).append(function)
    assert b"/?page=1&lang=nl" == fetch(app, "/url").data
    app.url_default_functions[None].remove(function)
    assert b"/?page=1" == fetch(app, "/url").data


def test_functions_for_values_may_be_written(app):
    """A function put into `url_value_preprocessors` gets endpoint and values of the next request."""
    calls = []
    app.url_value_preprocessors[None].append(functools.partial(note, calls))
    fetch(app)
    assert [("view_index", {})] == calls


def test_blueprints_may_be_read_and_written(app):
    """`app.blueprints` holds them by name, and `iter_blueprints` gives what is in it."""
    other = Blueprint("other", __name__)
    app.blueprints["other"] = other
    assert (["wing", "other"], True) == (list(app.blueprints), other in app.iter_blueprints())
    del app.blueprints["other"]
    assert [app.blueprints["wing"]] == list(app.iter_blueprints())


def test_rules_may_be_added_to_the_map(app):
    """A rule added straight to `url_map` is matched by the next request."""
    app.url_map.add(Rule("/direct/<int:number>", endpoint="direct"))
    app.view_functions["direct"] = lambda number: str(number + 1)
    assert [b"8", b"9"] == [fetch(app, f"/direct/{number}").data for number in (7, 8)]
    assert 404 == fetch(app, "/direct/x").status_code


def test_rules_may_be_read_from_the_map(app):
    """Rules can be listed, asked for an endpoint, bound and tested, as documentation generators do."""
    rules = {rule.rule: rule for rule in app.url_map.iter_rules()}
    assert {"/static/<path:filename>", "/wing/", "/json"} < set(rules)
    assert ["/wing/"] == [rule.rule for rule in app.url_map.iter_rules("wing.view")]
    assert ["/json"] == [rule.rule for rule in app.url_map._rules_by_endpoint["view_json"]]
    assert {"GET", "HEAD", "OPTIONS", "POST"} == rules["/json"].methods
    assert ("view_json", {}) == app.url_map.bind("localhost").match("/json")
    assert {"filename"} == rules["/static/<path:filename>"].arguments
    assert app.url_map.is_endpoint_expecting("static", "filename")


def test_the_map_may_be_replaced(app):
    """Another map set on the application is the one that is matched, also one of Werkzeug's own class."""
    app.url_map = Map([Rule("/moved", endpoint="view_index")])
    assert [200, 404] == [fetch(app, path).status_code for path in ("/moved", "/")]
    app.url_map.add(Rule("/again", endpoint="view_index"))
    assert [200, 200] == [fetch(app, path).status_code for path in ("/moved", "/again")]


def test_converters_may_be_added_to_the_map(app):
    """A converter put into `url_map.converters` serves rules added after it, for matching and building."""

    class Reversed(BaseConverter):
        """Turn a word around."""

        def to_python(self, value):
            """Turn it."""
            return value[::-1]

        def to_url(self, value):
            """Turn it back."""
            return value[::-1]

    app.url_map.converters["reversed"] = Reversed
    app.url_map.add(Rule("/turn/<reversed:word>", endpoint="turn"))
    app.view_functions["turn"] = lambda word: f"{word} {app.url_for('turn', word=word)}"
    assert b"abc /turn/cba" == fetch(app, "/turn/cba").data


@pytest.mark.parametrize("strict", [True, False])
def test_switches_of_the_map_may_be_set(app, strict):
    """`strict_slashes`, set on the map before a rule is added, holds for that rule."""
    app.url_map.strict_slashes = strict
    app.url_map.add(Rule("/slash/", endpoint="view_index"))
    assert (308 if strict else 200) == fetch(app, "/slash").status_code


def test_a_switch_of_a_rule_may_be_set_after_requests(app):
    """`provide_automatic_options` of a rule in the map is read for each OPTIONS request."""
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "view_index")
    assert (b"", rule.methods) == (fetch(app, method="OPTIONS").data, set(fetch(app, method="OPTIONS").allow))
    rule.provide_automatic_options = False
    assert b"index" == fetch(app, method="OPTIONS").data


def test_lists_may_be_rewritten_for_injection(prepare):
    """Flask-Injector wraps every function in every table, in place, and all wrapped ones are called."""
    calls = []
    app = build_app()
    for table in (*TABLES, "url_value_preprocessors", "template_context_processors", "url_default_functions"):
        getattr(app, table)[None].append(NOTHING[table])
    prepare(app)
    for table in (*TABLES, "url_value_preprocessors", "template_context_processors", "url_default_functions"):
        for functions in getattr(app, table).values():
            functions[:] = [functools.partial(call_and_note, calls, table, function) for function in functions]
    fetch(app, "/page")
    fetch(app, "/url")
    assert {*TABLES, "url_value_preprocessors", "template_context_processors", "url_default_functions"} == set(calls)


NOTHING = {
    "before_request_funcs": lambda: None,
    "after_request_funcs": lambda response: response,
    "teardown_request_funcs": lambda error: None,
    "url_value_preprocessors": lambda endpoint, values: None,
    "template_context_processors": dict,
    "url_default_functions": lambda endpoint, values: None,
}


def call_and_note(calls, table, function, *args):
    """Call a function of a table and keep which."""
    calls.append(table)
    return function(*args)


def test_tables_are_dictionaries_and_lists(app):
    """Extensions ask by isinstance, compare, copy and iterate; a missing key of a hook table is an empty list."""
    for table in (*TABLES, "template_context_processors", "url_default_functions", "error_handler_spec"):
        assert isinstance(getattr(app, table), dict)
        assert [] == list(getattr(app, table)["unknown"])
    function = NOTHING["before_request_funcs"]
    app.before_request_funcs["wing"].append(function)
    assert isinstance(app.before_request_funcs["wing"], list)
    assert {"unknown": [], "wing": [function]} == app.before_request_funcs
    assert [function, "more"] == app.before_request_funcs["wing"] + ["more"]
    assert isinstance(app.view_functions, dict)
    assert set(app.view_functions) == {*app.view_functions.copy()}


def test_a_copied_table_is_apart(app):
    """Writing to a copy of a table or list changes nothing for requests."""
    calls = []
    app.before_request_funcs.setdefault(None, []).append(NOTHING["before_request_funcs"])
    copied = app.before_request_funcs.copy()
    copied["wing"] = [functools.partial(note, calls)]
    functions = list(app.before_request_funcs[None])
    functions.append(functools.partial(note, calls))
    app.before_request_funcs[None].copy().append(functools.partial(note, calls))
    fetch(app, "/wing/")
    assert [] == calls


def test_functions_added_by_many_requests_are_kept_apart_from_g(app):
    """A function that adds itself for one response and takes itself out again leaves the table as it was."""

    def remove_itself(response):
        app.after_request_funcs[None].remove(remove_itself)
        response.headers["X-Once"] = g.mark
        return response

    def add_for_one():
        g.mark = request.args.get("mark")
        if g.mark:
            app.after_request_funcs.setdefault(None, []).append(remove_itself)

    app.before_request_funcs.setdefault(None, []).append(add_for_one)
    marks = [fetch(app, path).headers.get("X-Once") for path in ("/?mark=a", "/", "/?mark=b", "/")]
    assert (["a", None, "b", None], []) == (marks, app.after_request_funcs[None])


def test_setup_methods_refuse_after_requests():
    """The decorators themselves refuse where the tables do not: a first request ends set-up."""
    app = serve_once(build_app())
    with pytest.raises(AssertionError, match="before_request"):
        app.before_request(lambda: None)
