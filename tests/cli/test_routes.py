import pytest

from demijohn import Flask
from demijohn.cli import FlaskGroup


@pytest.fixture
def app():
    """Return an application with three rules."""
    app = Flask("made", static_folder=None)
    app.add_url_rule("/z", endpoint="b", methods=["POST"])
    app.add_url_rule("/a/<int:x>", endpoint="c", methods=["PUT", "GET"])
    app.add_url_rule("/m", endpoint="a")
    return app


def list_routes(runner, app, *arguments):
    """Return what the command prints."""
    result = runner.invoke(FlaskGroup(create_app=lambda: app), ["routes", *arguments])
    assert result.exit_code == 0
    return result.output


def test_table(runner, app):
    """Routes are listed with endpoint, methods and rule, sorted by endpoint."""
    expected = [
        "Endpoint  Methods   Rule      ",
        "--------  --------  ----------",
        "a         GET       /m        ",
        "b         POST      /z        ",
        "c         GET, PUT  /a/<int:x>",
    ]
    assert list_routes(runner, app).splitlines() == expected


@pytest.mark.parametrize(
    ("key", "expected"), [("endpoint", "abc"), ("methods", "acb"), ("rule", "cab"), ("match", "bac"), ("domain", "bac")]
)
def test_sort(runner, app, key, expected):
    """Routes are sorted by the column asked for, or stay in the order of matching."""
    order = [rule.endpoint for rule in app.url_map.iter_rules()]
    lines = list_routes(runner, app, "--sort", key).splitlines()[2:]
    assert [line[0] for line in lines] == (order if key in {"match", "domain"} else list(expected))


def test_all_methods(runner, app):
    """HEAD and OPTIONS are listed when asked for."""
    assert "GET, HEAD, OPTIONS, PUT" in list_routes(runner, app, "--all-methods")


def test_no_routes(runner):
    """An application without routes gets a sentence in place of a table."""
    assert list_routes(runner, Flask("made", static_folder=None)) == "No routes were registered.\n"


@pytest.mark.parametrize(("host_matching", "column"), [(False, "Subdomain"), (True, "Host")])
def test_domains(runner, host_matching, column):
    """A column for the domain is there when a rule has one, and sorts."""
    app = Flask("made", static_folder=None, host_matching=host_matching)
    for name in "ba":
        app.add_url_rule(f"/{name}", endpoint=name, **{column.lower(): f"{name}.example"})
    lines = list_routes(runner, app, "--sort", "domain").splitlines()
    assert lines[0].split() == ["Endpoint", "Methods", column, "Rule"]
    assert [line.split()[2] for line in lines[2:]] == ["a.example", "b.example"]
