"""Type views: annotate a view, get validation, errors and a document.

The package is imported when an application has its first typed view.
"""

from __future__ import annotations

from .markers import Body, Cookie, Depends, File, Form, Header, Param, Path, Query, Secret
from .problems import InvalidRequest, MalformedBody, Problem, RequestProblem, WrongContentType, render_problem
from .results import ResultError
from .schemes import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPBasic,
    HTTPBearer,
    NotAuthenticated,
    NotPermitted,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OpenIdConnect,
)
from .signature import SignatureError

__all__ = [
    "APIKeyCookie",
    "APIKeyHeader",
    "APIKeyQuery",
    "Body",
    "Cookie",
    "Depends",
    "File",
    "Form",
    "HTTPBasic",
    "HTTPBearer",
    "Header",
    "InvalidRequest",
    "MalformedBody",
    "NotAuthenticated",
    "NotPermitted",
    "OAuth2AuthorizationCodeBearer",
    "OAuth2PasswordBearer",
    "OpenIdConnect",
    "Param",
    "Path",
    "Problem",
    "Query",
    "RequestProblem",
    "ResultError",
    "Secret",
    "SignatureError",
    "WrongContentType",
    "render_problem",
]
