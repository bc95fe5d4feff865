"""Views that render templates, whole and in pieces, and the helpers that templates use."""

from __future__ import annotations

from typing import Any

RULES: list[tuple[str, str, dict[str, Any]]] = [
    ("/template/<path:name>", "template", {}),
    ("/template-list", "first_of", {}),
    ("/template-string/<int:number>", "template_string", {}),
    ("/template-stream/<int:number>", "template_stream", {}),
    ("/template-attribute", "attribute", {}),
]

STRINGS = (
    "{{ text }}",
    "{{ text|safe }}{% if text is odd_length %} odd{% endif %} {{ text|backwards }} {{ shout('x') }}",
    "{{ request.path }} {{ g.get('language') }} {{ config['SECRET_KEY'] is none }} {{ session.get('name') }}",
    "{{ url_for('index') }} {{ url_for('plain', name='a b', q='é') }} {{ url_for('static', filename='x.css') }}",
    "{{ {'a': '<script>&', 'b': [1, none]}|tojson }} {{ from_app }} {{ place }}",
    "{% autoescape false %}{{ text }}{% endautoescape %} {{ missing }} {{ missing|default('d') }}",
    "{% for m in get_flashed_messages(with_categories=true) %}{{ m }}{% endfor %}",
    "{{ missing.attribute }}",
    "{% broken",
    "{{ 1 // 0 }}",
    "{% for n in range(3) %}{{ n }},{% endfor %}{{ g }}{{ request.args.get('x', '<none>') }}",
    "{% include 'part.html' %}",
    "{% extends 'base.html' %}{% block body %}from a string{% endblock %}",
    "",
)

FILES = (
    "page.html",
    "page.txt",
    "page.xml",
    "page.svg",
    "page.xhtml",
    "page.htm",
    "child.html",
    "absent.html",
    "../escape.html",
)

PATHS = (
    *(f"/template/{name}" for name in FILES),
    "/template-list",
    *(f"/template-string/{number}" for number in range(len(STRINGS) + 1)),
    *(f"/template-stream/{number}" for number in range(len(STRINGS) + 1)),
    "/template-attribute",
)

TEXT = "<b>bold & 'quoted'</b>"


class Views:
    """Views that render."""

    def __init__(self, flask: Any, app: Any) -> None:
        """Hold on to the package whose app this is."""
        self.flask = flask

    def template(self, name: str) -> str:
        return self.flask.render_template(name, text=TEXT, items=["a", "<b>"])

    def first_of(self) -> str:
        return self.flask.render_template(["absent.html", "page.txt"], text=TEXT, place="argument wins")

    def template_string(self, number: int) -> str:
        return self.flask.render_template_string(STRINGS[number], text=TEXT)

    def template_stream(self, number: int) -> Any:
        if number == len(STRINGS) - 1:
            return self.flask.stream_template("page.html", text=TEXT, items=["a"])
        return self.flask.stream_template_string(STRINGS[number], text=TEXT)

    def attribute(self) -> str:
        return self.flask.get_template_attribute("macros.html", "hello")("<you>")


def add_helpers(app: Any, flask: Any) -> None:
    """Register a filter, a test and a global for templates."""

    @app.template_filter("backwards")
    def backwards(text: str) -> str:
        return text[::-1]

    @app.template_test()
    def odd_length(text: str) -> bool:
        return len(text) % 2 == 1

    @app.template_global()
    def shout(text: str) -> str:
        return text.upper() + "!"

    app.add_template_filter(str.swapcase, "swap")
    app.jinja_env.globals["fixed"] = "fixed"
