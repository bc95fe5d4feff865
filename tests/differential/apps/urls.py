"""Rules with every converter and option, and `url_for` in every form."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import BaseConverter, ValidationError

RULES: list[tuple[str, str, dict[str, Any]]] = [
    ("/convert/int/<int:value>", "convert", {}),
    ("/convert/signed/<int(signed=True):value>", "convert", {}),
    ("/convert/range/<int(min=3, max=7):value>", "convert", {}),
    ("/convert/digits/<int(fixed_digits=3):value>", "convert", {}),
    ("/convert/float/<float:value>", "convert", {}),
    ("/convert/signed-float/<float(signed=True, max=5):value>", "convert", {}),
    ("/convert/path/<path:value>", "convert", {}),
    ("/convert/path/<path:value>/end", "convert", {}),
    ("/convert/uuid/<uuid:value>", "convert", {}),
    ("/convert/any/<any(a, bc, 'd e'):value>", "convert", {}),
    ("/convert/string/<string:value>", "convert", {}),
    ("/convert/two/<string(length=2):value>", "convert", {}),
    ("/convert/some/<string(minlength=2, maxlength=4):value>", "convert", {}),
    ("/convert/list/<list:value>", "convert", {}),
    ("/convert/picky/<picky:value>", "convert", {}),
    ("/convert/picky/<string:value>", "convert_other", {}),
    ("/convert/mixed/<int:value>-<string:other>.html", "convert", {}),
    ("/convert/mixed/<string:value>", "convert_other", {}),
    ("/convert/mixed/fixed", "convert_fixed", {}),
    ("/convert/<int:value>/tail", "convert", {}),
    ("/convert/<string:value>/tail", "convert_other", {}),
    ("/pages/", "pages", {"defaults": {"page": 1}}),
    ("/pages/<int:page>", "pages", {}),
    ("/slash/", "slash", {"methods": ["GET", "POST"]}),
    ("/no-slash", "slash", {}),
    ("/loose", "loose", {"strict_slashes": False}),
    ("/loose-slash/", "loose", {"strict_slashes": False}),
    ("/unmerged/<path:value>", "convert", {"merge_slashes": False}),
    ("/old/<int:value>", "old", {"redirect_to": "/convert/int/<value>"}),
    ("/old-function/<value>", "old", {"redirect_to": lambda adapter, value: f"/convert/string/{value}!"}),
    ("/alias", "aliased", {"defaults": {"value": "a"}}),
    ("/alias/<value>", "aliased", {}),
    ("/alias-of/<value>", "aliased", {"alias": True}),
    ("/build-only/<value>", "built", {"build_only": True}),
    ("/methods", "by_get", {"methods": ["GET"]}),
    ("/methods", "by_post", {"methods": ["POST", "put"]}),
    ("/no-options", "no_options", {"provide_automatic_options": False}),
    ("/own-options", "own_options", {"methods": ["GET", "OPTIONS"]}),
    ("/no-view", "no_view", {}),
    ("/é/<value>", "convert", {}),
    ("/a b/<value>", "convert", {}),
    ("/url-for/<int:number>", "build_url", {}),
    ("/url-for/all", "build_all", {"methods": ["GET", "POST"]}),
]

BUILDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("index", {}),
    ("index", {"_external": True}),
    ("index", {"_external": True, "_scheme": "https"}),
    ("index", {"_external": True, "_scheme": ""}),
    ("index", {"_scheme": "https"}),
    ("index", {"_scheme": "https", "_external": False}),
    ("index", {"_anchor": "a b&é#"}),
    ("index", {"_anchor": ""}),
    ("index", {"x": ["1", "2"], "y": None, "z": "é &?", "a": 1}),
    ("index", {"x": []}),
    ("index", {"x": True, "y": 1.5}),
    ("plain", {"name": "a b/c"}),
    ("plain", {"name": "é?#%"}),
    ("plain", {"name": None}),
    ("plain", {"name": ""}),
    ("plain", {}),
    ("pages", {"page": 1}),
    ("pages", {"page": 2, "q": "x"}),
    ("pages", {"page": "2"}),
    ("pages", {}),
    ("convert", {"value": 5}),
    ("convert", {"value": "bc"}),
    ("convert", {"value": -5}),
    ("convert", {"value": 1, "other": "x"}),
    ("by_post", {}),
    ("by_post", {"_method": "POST"}),
    ("by_get", {"_method": "POST"}),
    ("aliased", {"value": "a"}),
    ("aliased", {"value": "b"}),
    ("built", {"value": "v"}),
    ("old", {"value": 3}),
    ("slash", {}),
    ("static", {"filename": "a/b c.css"}),
    ("static", {"filename": "x.css", "_external": True, "v": 2}),
    ("nothing", {}),
    ("nothing", {"_external": True}),
    (".index", {}),
    (".absent", {}),
    ("parent.leaf", {}),
    ("parent.child.leaf", {"_external": True}),
    ("parent.child.static", {"filename": "w.css"}),
    ("wing.in_language", {}),
    ("wing.in_language", {"language": "fr"}),
    ("named.item", {"number": 2}),
    ("second.item", {"number": 2}),
    ("item_view", {"key": "k"}),
)

PATHS = (
    *(f"/convert/int/{value}" for value in ("5", "007", "-5", "5.0", "%D9%A1", "", "1_0", "+5",
    "99999999999999999999")),
    *(f"/convert/signed/{value}" for value in ("5", "-5", "--5")),
    *(f"/convert/range/{value}" for value in ("2", "3", "7", "8")),
    *(f"/convert/digits/{value}" for value in ("005", "5", "1234")),
    *(f"/convert/float/{value}" for value in ("1.5", "1", "1.", ".5", "-1.5", "1e5", "nan")),
    *(f"/convert/signed-float/{value}" for value in ("-1.5", "-2.5", "7.0")),
    *(f"/convert/path/{value}" for value in ("a", "a/b/c", "a//b", "/a", "a/", "a/end", "a%2Fb", "end/end")),
    *(f"/convert/uuid/{value}" for value in ("00000000-0000-0000-0000-000000000007",
    "00000000000000000000000000000007", "x")),
    *(f"/convert/any/{value}" for value in ("a", "bc", "d%20e", "b", "A")),
    *(f"/convert/string/{value}" for value in ("x", "%20", "%C3%A9", "a%2Fb", "a;b", "a%3Fb", "%", "%zz", "a/b",
    "%ff", "+")),
    *(f"/convert/two/{value}" for value in ("ab", "a", "abc", "%C3%A9%C3%A9")),
    *(f"/convert/some/{value}" for value in ("a", "ab", "abcd", "abcde")),
    *(f"/convert/list/{value}" for value in ("a,b", "a", "", ",")),
    *(f"/convert/picky/{value}" for value in ("good", "bad", "fails")),
    *(f"/convert/mixed/{value}" for value in ("1-a.html", "1-a", "x-a.html", "1-a-b.html", "fixed")),
    "/convert/5/tail", "/convert/x/tail", "/convert/-/tail/",
    "/pages/", "/pages", "/pages/1", "/pages/2", "/pages/x", "/pages//2",
    "/slash", "/slash/", "/slash?x=1&y=%C3%A9", "//slash", "/slash//", "/no-slash", "/no-slash/",
    "/loose", "/loose/", "/loose//", "/loose-slash", "/loose-slash/",
    "/unmerged/a//b", "/unmerged//a", "/old/5", "/old/x", "/old-function/a%20b", "/alias", "/alias/a", "/alias/b",
    "/alias-of/b",
    "/build-only/v", "/methods", "/no-options", "/own-options", "/no-view",
    "/%C3%A9/x", "/é/x", "/a%20b/x", "/E/x", "/convert", "/convert/", "//", "///", "/.", "/..", "/./slash/",
    "/%2e%2e/slash/", "//evil.example/slash", "/slash%0a", "",
    *(f"/url-for/{number}" for number in range(len(BUILDS))),
    "/url-for/all", "/url-for/-1",
)  # fmt: skip


class ListConverter(BaseConverter):
    """Several values with commas between them."""

    def to_python(self, value: str) -> list[str]:
        """Take the values apart."""
        return value.split(",")

    def to_url(self, value: Any) -> str:
        """Put the values together."""
        return ",".join(super(ListConverter, self).to_url(part) for part in value)


class PickyConverter(BaseConverter):
    """Refuses what its pattern let through, or fails."""

    weight = 50

    def to_python(self, value: str) -> str:
        """Return the value, or refuse it.

        Raises:
            ValidationError: The value is `bad`.
            ArithmeticError: The value is `fails`.
        """
        if value == "bad":
            raise ValidationError
        if value == "fails":
            raise ArithmeticError("in a converter")
        return value.upper()


def add_converters(app: Any) -> None:
    """Register this app's own converters."""
    app.url_map.converters["list"] = ListConverter
    app.url_map.converters["picky"] = PickyConverter


class Views:
    """Views that say which rule matched, and that build URLs."""

    def __init__(self, flask: Any, app: Any) -> None:
        """Hold on to the package whose app this is."""
        self.flask = flask

    def convert(self, **values: Any) -> Any:
        return {
            "rule": str(self.flask.request.url_rule),
            "values": repr(sorted(values.items())),
            "view_args": repr(self.flask.request.view_args),
        }

    convert_other = convert_fixed = slash = loose = old = aliased = pages = convert

    def by_get(self) -> str:
        return "got"

    def by_post(self) -> str:
        return f"posted {self.flask.request.method}"

    def no_options(self) -> str:
        return "no options"

    def own_options(self) -> Any:
        return "own options", {"Allow": "whatever"}

    def build_url(self, number: int) -> str:
        endpoint, values = BUILDS[number]
        return self.flask.url_for(endpoint, **values)

    def build_all(self) -> Any:
        answers = []
        for endpoint, values in BUILDS:
            try:
                answers.append(self.flask.url_for(endpoint, **values))
            except Exception as error:
                answers.append(f"raised {type(error).__name__}")
        return answers
