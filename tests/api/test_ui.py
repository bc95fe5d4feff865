"""The docs page as files: nothing in it runs text as code, loads from elsewhere, or is missing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from demijohn.api import ui

FOLDER = Path(ui.__file__).parent / "pages"
SCRIPTS = sorted(name for name in ui.ASSETS if name.endswith(".js"))

#: What makes markup or code of a text, in any script.
DANGEROUS = re.compile(
    r"innerHTML|outerHTML|insertAdjacent|createContextualFragment|DOMParser|document\.write|srcdoc"
    r"|\beval\(|new Function|setTimeout\(['\"`]|\bimport\(|\.style\b|javascript:"
)


class Links(HTMLParser):
    """Collect what a page loads, and what it should not have."""

    def __init__(self, page):
        super().__init__()
        self.loaded = []
        self.inline = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.inline += [name for name in values if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in values) else []
        if tag in {"link", "script"}:
            self.loaded.append(values.get("href") or values["src"])


def build_document(**more):
    """Return the smallest document, with more in it."""
    return {"openapi": "3.1.1", "info": {"title": "Shop", "version": "1"}, "paths": {}, **more}


def find_connections(document):
    """Return where the page of a document may send requests, besides its own origin."""
    policy = dict(part.split(" ", 1) for part in ui.build_policy(document).split("; "))
    own, *others = policy["connect-src"].split()
    assert "'self'" == own
    return others


def test_every_file_is_in_the_table():
    """Each file of the folder is the page itself or one of its files, and the other way round."""
    assert {path.name for path in FOLDER.iterdir()} == {*ui.ASSETS, "docs.html"}


def test_the_page_loads_its_own_files_alone():
    """All that the page loads is in the table, by relative links; nothing stands in the page itself."""
    links = Links(ui.render_page(build_document(), "/docs", "/openapi.json").body.decode())
    prefix = "./docs/assets/"
    assert {prefix} == {link[: len(prefix)] for link in links.loaded}
    assert set(ui.ASSETS) == {link[len(prefix) :] for link in links.loaded}
    assert [] == links.inline


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_of_text(name):
    """No script uses what turns a text into markup, code or a style."""
    assert [] == DANGEROUS.findall((FOLDER / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(ui.ASSETS))
def test_no_file_names_another_site(name):
    """No file loads anything from elsewhere: the only addresses are names and examples."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    hosts = set(re.findall(r"https?://([\w.-]+)", text))
    assert hosts <= {"www.w3.org", "example.com"}
    assert [] == re.findall(r"@import|\burl\(['\"\w]+[:/]|['\"(]data:", text)


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_module_imports_what_is_there(name):
    """Whatever a module imports from another is exported there."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    for names, other in re.findall(r'import \{([^}]+)\} from "\./([^"]+)"', text):
        source = (FOLDER / other).read_text(encoding="utf-8")
        exported = set(re.findall(r"export (?:async )?(?:function|const|let) (\w+)", source))
        assert {each.strip() for each in names.split(",")} <= exported


@pytest.mark.parametrize("name", ["../routes.py", "docs.html", "/etc/hostname", ""])
def test_only_files_of_the_table_are_read(name):
    """A name that is not in the table is refused, though there is such a file."""
    with pytest.raises(KeyError):
        ui.load_asset(name)


def test_the_policy_is_strict():
    """The policy allows files of the same origin and no text as code, style or markup."""
    policy = ui.build_policy(build_document())
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert [] == re.findall(r"unsafe|data:|\*", policy)


@pytest.mark.parametrize(
    ("url", "origins"),
    [
        ("/v1", []),
        ("https://api.example.com/v1", ["https://api.example.com"]),
        ("http://localhost:8080", ["http://localhost:8080"]),
        ("ftp://example.com", []),
        ("https://[", []),
        ("https://user:secret@example.com", []),
        ("https://example.com; script-src *", []),
        ("https://example.com\r\nX: y", []),
    ],
)
def test_requests_go_to_the_servers_of_the_document(url, origins):
    """The policy names the origin of each server, and nothing that is none."""
    assert origins == find_connections(build_document(servers=[{"url": url}]))


def test_variables_of_a_server_are_filled_in():
    """Each choice of a server's variables is an origin that requests may go to."""
    variables = {"where": {"enum": ["eu", "us"], "default": "eu"}, "port": {"default": "8443"}}
    server = {"url": "https://{where}.example.com:{port}/v1", "variables": variables}
    expected = ["https://eu.example.com:8443", "https://us.example.com:8443"]
    assert expected == find_connections(build_document(servers=[server]))


def test_servers_and_token_urls_anywhere_count():
    """Servers of a path and of an operation, and where tokens are given, may be asked too."""
    operation = {"servers": [{"url": "https://b.example"}]}
    item = {"servers": [{"url": "https://a.example"}], "get": operation}
    scheme = {"type": "oauth2", "flows": {"password": {"tokenUrl": "https://c.example/token", "scopes": {}}}}
    document = build_document(paths={"/": item}, components={"securitySchemes": {"login": scheme}})
    assert ["https://a.example", "https://b.example", "https://c.example"] == find_connections(document)


def test_a_title_is_text():
    """A title that is markup is shown, and a half of a surrogate pair does no harm."""
    page = ui.render_page(build_document(info={"title": '</title><script>"\ud800'}), "/docs", "/openapi.json").body
    assert b"&lt;/title&gt;&lt;script&gt;&#34;\\ud800" in page
    assert b"<script>" not in page


def test_links_have_no_scheme_and_no_quotes():
    """Paths with odd characters are quoted, so that each link stays a relative one."""
    page = ui.render_page(build_document(), '/a:b/"docs"', "/x y.json").body.decode()
    assert 'data-document="../x%20y.json"' in page
    assert 'src="./%22docs%22/assets/docs.js"' in page


def test_the_tag_changes_with_the_content():
    """Another document gives another tag, the same one the same."""
    one = ui.render_page(build_document(), "/docs", "/openapi.json")
    other = ui.render_page(build_document(servers=[{"url": "https://api.example"}]), "/docs", "/openapi.json")
    assert one == ui.render_page(build_document(), "/docs", "/openapi.json")
    assert one.etag != other.etag
