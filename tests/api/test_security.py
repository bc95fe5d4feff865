"""What a document says that operations need."""

from __future__ import annotations

import pytest

from demijohn.api.schemes import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from demijohn.api.security import Security

BEARER = {"type": "http", "scheme": "bearer"}


def build(*schemes):
    """Return the requirements of schemes without scopes."""
    return Security().build_alternatives([(scheme, ()) for scheme in schemes])


def test_all_that_answer_401_are_needed():
    """Several schemes that insist are needed together."""
    assert build(HTTPBearer(), APIKeyHeader("X-Key")) == [{"HTTPBearer": [], "APIKeyHeader": []}]


def test_optional_schemes_are_alternatives():
    """Schemes that do not insist are alternatives, and none of them is one as well."""
    optional = [HTTPBearer(auto_error=False), APIKeyHeader("X-Key", auto_error=False)]
    assert build(*optional) == [{"HTTPBearer": []}, {"APIKeyHeader": []}, {}]
    basic = HTTPBearer(name="Other")
    assert build(basic, optional[0]) == [{"Other": [], "HTTPBearer": []}, {"Other": []}]


def test_scopes_are_joined():
    """A scheme that is asked for scopes in several places is asked for all of them."""
    oauth = OAuth2PasswordBearer("/token")
    found = Security().build_alternatives([(oauth, ("a",)), (oauth, ()), (oauth, ("b", "a"))])
    assert found == [{"OAuth2PasswordBearer": ["a", "b"]}]


def test_names_of_schemes():
    """Schemes that say the same are one; others of the same name get a number."""
    security = Security()
    schemes = [HTTPBearer(), HTTPBearer(), HTTPBearer(bearer_format="JWT")]
    assert security.build_requirements(schemes) == [{"HTTPBearer": []}, {"HTTPBearer": []}, {"HTTPBearer_2": []}]
    assert security.build_requirements(schemes[2:]) == [{"HTTPBearer_2": []}]
    assert security.components == {"HTTPBearer": BEARER, "HTTPBearer_2": {**BEARER, "bearerFormat": "JWT"}}


def test_requirements_that_are_told():
    """A requirement is a scheme, one with scopes, or an object."""
    bearer = HTTPBearer()
    bearer.grants(lambda: ())
    told = [bearer.requires("a"), {"Other": ["b"]}, {}]
    assert Security().build_requirements(told) == [{"HTTPBearer": ["a"]}, {"Other": ["b"]}, {}]


def test_what_is_no_requirement():
    """Anything else is refused, with what to give."""
    with pytest.raises(TypeError, match=r"A security requirement was 'bearer', a str. Give a scheme"):
        Security().build_requirements(["bearer"])
