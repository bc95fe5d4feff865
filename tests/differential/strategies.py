"""Requests made by hypothesis: from the listed paths and their mutations, with headers and bodies of many kinds."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from tests.differential.apps import PATHS
from tests.differential.apps.hosts import HOST_PATHS, HOSTS
from tests.differential.driver import Call

METHODS = (
    "GET",
    "GET",
    "GET",
    "HEAD",
    "POST",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "PURGE",
    "TRACE",
    "get",
    "X-OWN",
)

SEGMENTS = (
    "a", "ab", "abc", "5", "-5", "007", "1.5", "x-y", "", "..", ".", "%2F", "%20", "%C3%A9", "é", "☃", "%", "%zz",
    "%25", "%ff", "%00",
    "a+b", "a;b=c", "a,b", "~", "@", ":", "*", "d%20e", "end", "leaf", "00000000-0000-0000-0000-000000000007", "%0a",
    "%5c", "<b>", "'\"",
)  # fmt: skip

QUERIES = (
    "", "", "a=1", "a=1&a=2&b=", "a=%C3%A9&%E2%98%83=x", "a=b+c%20d", "=x", "a", "&&", "a=1;b=2", "a=%zz", "a=%ff",
    "a=é", "weak", "attach",
    "to=/x", "to=//evil.example", "to=https://example.org/%C3%A9", "x=%3Cnone%3E", "now", "a[0]=1&a[1]=2", "a=%00",
)  # fmt: skip

HEADERS: dict[str, tuple[str, ...]] = {
    "Accept": (
        "*/*",
        "text/html",
        "application/json;q=0.9, text/html;q=0.8",
        "text/*;q=0.1",
        "text/html;level=1",
        ";",
        "a/b/c",
    ),
    "Accept-Language": ("de", "en-gb;q=0.5, de;q=0.7", "*", "de-", ";q=1"),
    "Accept-Encoding": ("gzip, br;q=0", "identity", "*;q=0"),
    "Accept-Charset": ("utf-8", "iso-8859-1;q=0.2"),
    "Authorization": (
        "Basic dTpw",
        "Basic !!",
        "Bearer t.o.k=",
        'Digest username="u", realm="r"',
        "Nothing",
        "Basic w6k6w6k=",
    ),
    "Cache-Control": ("no-cache", "max-age=0, no-transform", "only-if-cached", "max-stale"),
    "Content-Encoding": ("gzip",),
    "Content-MD5": ("abc",),
    "Cookie": (
        "a=1",
        "a=1; b=2; a=3",
        'q="quoted \\"x\\""; w=%C3%A9',
        "session=garbage",
        "=v; novalue; ;;",
        "session=a.b.c; session=d",
    ),
    "Date": ("Thu, 29 Feb 2024 12:30:15 GMT", "yesterday"),
    "Host": ("localhost:5000", "example.org", "EXAMPLE.org:80", "[::1]:443", "example.org:8080"),
    "If-Match": ('"tag"', "*", '"other"', 'W/"tag"'),
    "If-Modified-Since": (
        "Thu, 29 Feb 2024 12:30:15 GMT",
        "Wed, 28 Feb 2024 12:00:00 GMT",
        "Fri, 01 Jan 2049 00:00:00 GMT",
        "nonsense",
    ),
    "If-None-Match": ('"tag"', 'W/"tag"', "*", '"a", "tag"', "tag"),
    "If-Range": ('"tag"', "Thu, 29 Feb 2024 12:30:15 GMT", "nonsense"),
    "If-Unmodified-Since": ("Thu, 29 Feb 2024 12:30:15 GMT", "Fri, 01 Jan 2049 00:00:00 GMT"),
    "Max-Forwards": ("5", "x", "-1"),
    "Origin": ("https://example.org", "null"),
    "Pragma": ("no-cache",),
    "Range": (
        "bytes=0-3",
        "bytes=5-",
        "bytes=-4",
        "bytes=0-0,2-3",
        "bytes=99-",
        "bytes=3-1",
        "items=0-1",
        "bytes=x",
        "bytes=",
    ),
    "Referer": ("https://example.org/p?q", ""),
    "User-Agent": ("agent/1.0 (X; é)", ""),
    "X-Forwarded-For": ("10.0.0.1, 10.0.0.2", ""),
    "X-Forwarded-Host": ("evil.example",),
    "X-Requested-With": ("XMLHttpRequest",),
    "X-Stop": ("app", "parent", "child", "grand"),
    "X-Replace": ("app", "parent", "child"),
    "X-Raise": tuple(
        f"{kind} {place}"
        for kind in ("preprocess", "before", "after", "teardown", "processor", "defaults")
        for place in ("app", "parent", "child")
    ),
}

JSON_BODIES = (
    b'{"a": [1, 2.5, null], "\xc3\xa9": "\xe2\x98\x83"}', b"[]", b"null", b'"x"', b"{", b"", b"{'a': 1}", b"NaN",
    b'{"a":1}x', b"\xff",
    '{"a": 1}'.encode("utf-16"), b'\xef\xbb\xbf{"a": 1}', b'{"a": 1, "a": 2}', b"[1e400, -0.0]", b" \n[1] \n",
    b'"\\ud800"', b"1" * 50,
)  # fmt: skip
JSON_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "application/problem+json",
    "text/json",
    "APPLICATION/JSON",
    "application/jsonx",
)
FORM_BODIES = (
    b"a=1&b=2&a=3", b"a=%C3%A9+x&b", b"", b"=", b"&&&", b"a=%ff", b"\xff=1", b"a=1;b=2", b"a" * 300,
    b"a=" + b"x" * 150, b"a=1&b=2&c=3&d=4",
    b"_method=PUT", b"a=\x00", b"%C3%A9=1",
)  # fmt: skip
FORM_TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=latin-1",
    "Application/X-Www-Form-Urlencoded",
)
PLAIN_TYPES = (
    "text/plain",
    "text/plain; charset=utf-8",
    "application/octet-stream",
    "",
    ";",
    "x",
    "text/html; charset=nothing",
    'a/b; c="d',
)

PART_HEADERS = (
    'Content-Disposition: form-data; name="a"', 'Content-Disposition: form-data; name="b"; filename="f.txt"',
    'Content-Disposition: form-data; name="é"',
    'Content-Disposition: form-data; name="f"; filename="nämé ☃.txt"\r\nContent-Type: text/x-own',
    "Content-Disposition: form-data; name=\"g\"; filename*=utf-8''%E2%98%83",
    'Content-Disposition: form-data; name="h"; filename=""',
    'Content-Disposition: form-data; name="i"\r\nContent-Type: text/plain; charset=latin-1',
    'content-disposition: form-data; name="j"\r\nX-Part: 1',
    'Content-Disposition: form-data; name="a\\"quoted"; filename="C:\\\\dir\\\\f.txt"',
)  # fmt: skip
PART_BODIES = (b"", b"value", "é☃".encode(), b"\xff\x00", b"line\r\nline", b"--", b"\r\n", b"x" * 150)


@st.composite
def paths(draw: st.DrawFn) -> str:
    """Draw a listed path, often changed in one place."""
    path = draw(st.sampled_from(PATHS))
    change = draw(
        st.sampled_from(
            ("none", "none", "none", "segment", "insert", "slash", "double", "cut", "case", "append", "text")
        )
    )
    target, mark, query = path.partition("?")
    parts = target.split("/")
    place = draw(st.integers(0, len(parts) - 1)) if len(parts) > 1 else 0
    if change == "segment":
        parts[place] = draw(st.sampled_from(SEGMENTS))
    elif change == "insert":
        parts.insert(place, draw(st.sampled_from(SEGMENTS)))
    elif change == "text":
        parts[-1] = draw(st.text(max_size=6))
    elif change == "double":
        parts.insert(place, "")
    target = "/".join(parts)
    changed = {"slash": target + "/", "cut": target[:-1], "case": target.swapcase(), "append": target + "x"}
    return changed.get(change, target) + mark + query


def fits(name: str, path: str) -> bool:
    """Return whether a header may go with a path.

    A hook that replaces the response to a file leaves that file to the garbage collector, in Flask too,
    and the warning about it would come up in whichever test runs then.
    """
    return name not in {"X-Replace", "X-Raise"} or not any(
        word in path.lower() for word in ("file", "folder", "static")
    )


@st.composite
def headers(draw: st.DrawFn, path: str) -> tuple[tuple[str, str], ...]:
    """Draw up to four headers that may go with a path."""
    fitting = [name for name in sorted(HEADERS) if fits(name, path)]
    names = draw(st.lists(st.sampled_from(fitting), max_size=4, unique=True))
    return tuple((name, draw(st.sampled_from(HEADERS[name]))) for name in names)


@st.composite
def multipart(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a multipart body, well formed or slightly not."""
    parts = draw(st.lists(st.tuples(st.sampled_from(PART_HEADERS), st.sampled_from(PART_BODIES)), max_size=4))
    body = b"".join(b"--edge\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    end = draw(st.sampled_from((b"--edge--\r\n", b"--edge--\r\n", b"--edge--", b"--edge--\r\nepilogue")))
    start = draw(st.sampled_from((b"", b"", b"preamble\r\n")))
    content_type = draw(st.sampled_from(("multipart/form-data; boundary=edge", 'multipart/form-data; boundary="edge"')))
    return content_type, start + body + end


BODIES = st.one_of(
    st.just(("", b"")),
    st.tuples(st.sampled_from(JSON_TYPES), st.sampled_from(JSON_BODIES)),
    st.tuples(st.just("application/json"), st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode())),
    st.tuples(st.sampled_from(FORM_TYPES), st.sampled_from(FORM_BODIES)),
    st.tuples(st.sampled_from(PLAIN_TYPES), st.binary(max_size=40)),
    multipart(),
)  # fmt: skip


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Draw one request to the main app."""
    path, _, query = draw(paths()).partition("?")
    content_type, body = draw(BODIES)
    own = draw(headers(path))
    if content_type or body:
        own = (*own, ("Content-Type", content_type))
    length = draw(st.sampled_from(("auto", "auto", "auto", "auto", "0", None, str(max(0, len(body) - 3)))))
    environ = draw(
        st.sampled_from(
            (
                (),
                (),
                (),
                (("SCRIPT_NAME", "/mounted"),),
                (("wsgi.url_scheme", "https"),),
                (("wsgi.input_terminated", True),),
            )
        )
    )
    return Call(
        method=draw(st.sampled_from(METHODS)),
        path=path,
        query=query or draw(st.sampled_from(QUERIES)),
        headers=own,
        body=body,
        length=length,
        environ=environ,
    )


@st.composite
def host_calls(draw: st.DrawFn) -> Call:
    """Draw one request to an app that cares about the host."""
    path = draw(st.sampled_from((*HOST_PATHS, "/echo", "//who", "/WHO", "/who%20")))
    host = draw(st.sampled_from(HOSTS))
    strange = draw(st.sampled_from(("", "", "", "a.", "-", "☃.", ":80", ":", "x:y", " ", "/", "@", "..")))
    environ = draw(
        st.sampled_from(((), (), (("HTTP_HOST", ""),), (("wsgi.url_scheme", "https"), ("SERVER_PORT", "443"))))
    )
    return Call(
        method=draw(st.sampled_from(("GET", "GET", "POST", "OPTIONS"))),
        path=path,
        headers=(("Host", strange + host if strange.endswith(".") else host + strange),),
        environ=environ,
    )


SESSION_PATHS = tuple(path for path in PATHS if path.startswith("/session/") and "large" not in path)

SEQUENCES = st.lists(
    st.one_of(
        st.sampled_from(SESSION_PATHS),
        st.builds(
            "/session/set/{}/{}".format,
            st.sampled_from(("name", "other", "é")),
            st.sampled_from(("1", "two", "☃", "x" * 40)),
        ),
        st.sampled_from(
            ("/template-string/2", "/template-string/6", "/context/proxy", "/async/session", "/", "/conditional")
        ),
    ),
    min_size=2,
    max_size=8,
)
