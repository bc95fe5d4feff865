"""Headers and query strings that are malformed, huge or hostile."""

from __future__ import annotations

import pytest

from tests.bad_input.judge import careful, never_500, same
from tests.differential.driver import Call

HEADERS: dict[str, tuple[str, ...]] = {
    "Accept": (
        ";q=", "text/html;q=x", "text/html;q=-1", "text/html;q=nan", "text/html;q=inf", "/", "*/", "text",
        "a" * 100_000, "," * 10_000, ";" * 10_000,
        "text/html;q=" + "9" * 5000, "\udcff", 'a/b;c="\\',
    ),
    "Accept-Language": ("-", ",-,", ";", "x" * 1000, "de;q=inf", "\udcff", "a-" * 5000),
    "Accept-Encoding": (";q=1", "\udcff", "gzip;q=\u0660"),
    "Accept-Charset": ("\udcff", ";;;"),
    "Access-Control-Request-Headers": (",,", "\udcff"),
    "Authorization": (
        "Basic", "Basic ", "Basic !!!", "Basic /w==", "Basic dQ==", "Basic " + "A" * 100_000, "Digest", "Digest x",
        'Digest username="', "Digest =,=,=",
        "Digest username*=utf-8''%ff", "Digest a*0*=x", "Digest a*=b", "Bearer", "x", "\udcff", "",
    ),
    "Cache-Control": ("max-age=x", "max-age=", "=", 'a="', "max-age*=x", "a*=utf-8'x", "\udcff",
    "max-age=" + "9" * 5000),
    "Content-Encoding": ("gzip", "\udcff"),
    "Content-MD5": ("\udcff",),
    "Content-Type": ("", "/", ";", 'a;b="', "a; b*=utf-8''%ff", "a; b*=x", "application/json;charset*=x", "\udcff",
    "a" + ';a="\\' * 10_000),
    "Cookie": (
        "=", "a", 'a="', 'a="\\', "a=\udcff", "\udcff=1", ";" * 10_000, "a=" + "x" * 100_000, "a=1,b=2",
        "=__Host-a=1", 'a="\\377"', 'a="\\777"', 'a="\\08"',
        "session", "session=", "a=\x00", "a=1; " * 5000, 'a="' + "\\\\" * 4000 + '"',
    ),
    "Date": ("Thu, 01 Jan 99999 00:00:00 GMT", "x" * 5000, "Thu, 32 Feb 2024 25:61:61 GMT", "\udcff", "0"),
    "If-Match": ('"open', '"', "W/"),
    "If-Modified-Since": (
        "x", "0", "9" * 5000, "Thu, 29 Feb 2025 99:99:99 GMT", "Thu, 01 Jan 99999 00:00:00 GMT",
        "Thu, 01 Jan 0000 00:00:00 GMT", "\udcff",
        "Mon, 01 Jan 1 00:00:00 -9999",
    ),
    "If-None-Match": ('"', '"open', "*,", "\udcff", "W/", ",,,", '"' * 1000),
    "If-Range": ('"', 'W/"', "nonsense", "W/", "\udcff", "Thu, 99 Foo 2024"),
    "If-Unmodified-Since": ("x", "\udcff", "Thu, 01 Jan 99999 00:00:00 GMT"),
    "Max-Forwards": ("x", "-1", "9" * 5000, "\u0663"),
    "Origin": ("\udcff", "null"),
    "Pragma": ("=", "\udcff"),
    "Referer": ("\udcff", "javascript:x"),
    "User-Agent": ("\udcff", "x" * 100_000, ""),
    "X-Forwarded-For": (",,,", "\udcff", "x" * 10_000),
    "X-Huge": ("x" * 1_000_000,),
}  # fmt: skip

READERS = ("/attributes", "/cookies", "/session", "/file", "/static/site.css", "/authorization")

BAD_RANGES = (
    "bytes=", "bytes=x", "bytes=-", "bytes=5-1", "bytes=0-0,,", "bytes=\u0661-\u0662", "bytes=99999999999999999999999-",
    "bytes=-0", "bytes 0-1", "=",
    "bytes=0-" + ",0-" * 3000, "bytes=" + "9" * 5000 + "-", "units=0-1", "bytes=0-1,5-", "bytes=--1", "bytes=100-200",
    "bytes=+1-2", "bytes=1_0-",
)  # fmt: skip

BAD_HOSTS = (
    "a/?x=", "u:p@evil", " a b", "a,b", "\udcff", "é", "a:b:c", "[::1", "a\x00b", "-", "a:99999999", "::", "a?b",
    "a#b", "a\\b", "[]", "a\r\nb", ":", "a:x",
    "localhost:80:80", "//evil.example", "evil.example/localhost", "é" * 64,
)  # fmt: skip

QUERIES = (
    "a=%", "a=%zz", "a=%ff", "%ff=%fe", "a=%00", "=", "&" * 10_000, "a=1&" * 1000, "=" * 10_000, "a[]=1;b",
    "a=" + "x" * 200_000, "%" * 1000, "?" * 100,
    "a=%ed%a0%80", "a=%c0%af", "#", "a=\x00", "a=%u0041",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in HEADERS.items() for value in values],
    ids=lambda text: ascii(text)[:30],
)
def test_a_malformed_header_is_passed_over_as_by_flask(name: str, value: str) -> None:
    """A header that cannot be understood never gives a server error, whatever reads it."""
    for path in READERS:
        careful(Call(path=path, headers=((name, value),)))


@pytest.mark.parametrize("value", ["\udcff", '"other"', "x"])
@pytest.mark.parametrize("path", ["/file", "/static/site.css"])
def test_a_condition_that_does_not_hold_is_refused(path: str, value: str) -> None:
    """A file whose tag is not the one in If-Match is not sent."""
    same(Call(path=path, headers=(("If-Match", value),)), 412)


@pytest.mark.parametrize("value", BAD_RANGES, ids=lambda value: ascii(value)[:30])
@pytest.mark.parametrize("path", ["/file", "/static/site.css"])
def test_a_bad_range_is_refused(path: str, value: str) -> None:
    """A range that is malformed, or outside the file, is answered with 416."""
    same(Call(path=path, headers=(("Range", value),)), 416)


@pytest.mark.parametrize("value", ['"open', '"a" "b"', "nonsense", "W/", "\udcff"])
def test_a_bad_if_range_sends_the_whole_file(value: str) -> None:
    """An If-Range that does not match makes the range void."""
    careful(Call(path="/file", headers=(("Range", "bytes=0-3"), ("If-Range", value))))


@pytest.mark.parametrize("value", ['"open', '"a" "b"'])
def test_reading_a_bad_if_range_is_no_server_error(value: str) -> None:
    """Flask answers 500 when a view reads an If-Range with an unclosed tag; that is the client's fault, or nothing."""
    never_500(Call(path="/if-range", headers=(("If-Range", value),)))


@pytest.mark.parametrize("host", BAD_HOSTS, ids=ascii)
@pytest.mark.parametrize("path", ["/text", "/url", "/external", "/slash", "/attributes"])
def test_an_illegal_host_never_gives_a_server_error(path: str, host: str) -> None:
    """A Host that is no host is answered as by Flask, or refused, and never put into a header as it is."""
    careful(Call(path=path, headers=(("Host", host),)))


@pytest.mark.parametrize("host", ["a" * 5000, "..", ".", "a..b"])
def test_an_impossible_host_is_refused(host: str) -> None:
    """A Host that cannot be encoded is refused before any view runs."""
    same(Call(path="/text", headers=(("Host", host),)), 400)


@pytest.mark.parametrize("path", ["/text", "/external"])
def test_two_hosts_are_never_a_server_error(path: str) -> None:
    """Two Host headers, which servers join with a comma, are answered as by Flask, or refused."""
    careful(Call(path=path, headers=(("Host", "a.example"), ("Host", "b.example"))))


UNTRUSTED = ("evil.example", "example.org@evil", "xexample.org", "", "a,example.org", "example.org,evil",
"example.org.evil", "EXAMPLE.ORG", "[::1]", "example.org/x", "..", "é")  # fmt: skip


@pytest.mark.parametrize("host", UNTRUSTED)
@pytest.mark.parametrize("path", ["/text", "/nowhere", "/external"])
def test_an_untrusted_host_is_refused(path: str, host: str) -> None:
    """With trusted hosts set, any other is refused, also for paths that do not exist."""
    same(Call(path=path, headers=(("Host", host),)), 400, (("TRUSTED_HOSTS", ("example.org",)),))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: ascii(query)[:30])
@pytest.mark.parametrize("path", ["/args", "/values", "/url", "/attributes"])
def test_a_bad_query_is_read_as_by_flask(path: str, query: str) -> None:
    """A query string with broken escapes or separators is read leniently, as by Flask."""
    careful(Call(path=path, query=query))


@pytest.mark.parametrize("query", ["a=\udcff", "\udcc3=1", "a=\udce9&b=1"], ids=ascii)
@pytest.mark.parametrize("path", ["/args", "/values", "/attributes"])
def test_raw_bytes_in_the_query_are_no_server_error(path: str, query: str) -> None:
    """Flask answers 500 for a query string of bytes that are no UTF-8; here it is read, or refused with a 4xx."""
    never_500(Call(path=path, query=query))


METHODS = (
    "PURGE",
    "purge",
    "FOO",
    "",
    "TRACE",
    "CONNECT",
    "DISPATCH",
    "DISPATCH_REQUEST",
    "dispatch",
    "__INIT__",
    "__CLASS__",
    "GET ",
    " ",
    "\x00",
    "X" * 5000,
    "GET\r\n",
    "é",
    "AS_VIEW",
)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: ascii(method)[:20])
@pytest.mark.parametrize("path", ["/item", "/text", "/static/site.css"])
def test_an_unknown_method_is_not_allowed(path: str, method: str) -> None:
    """A method that no view has is refused, also where a class-based view has a helper of that name."""
    answer = same(Call(path=path, method=method), 405)
    assert "GET" in answer.header("Allow")[0]
    assert b"everything is gone" not in answer.body


def test_a_delete_does_not_reach_a_view_without_it() -> None:
    """A known method that a class-based view lacks is refused."""
    same(Call(path="/item", method="DELETE"), 405)


def test_many_equal_headers_are_one_value() -> None:
    """Ten thousand headers of one name are read as one value with commas."""
    careful(Call(path="/attributes", headers=(("Accept", "text/html"),) * 10_000))
