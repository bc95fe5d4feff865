"""Type views: annotate a view, get validation, errors and a document.

The package is imported when an application has its first typed view.
"""

from __future__ import annotations

from .markers import Body, Cookie, Depends, File, Form, Header, Param, Path, Query, Secret

__all__ = [
    "Body",
    "Cookie",
    "Depends",
    "File",
    "Form",
    "Header",
    "Param",
    "Path",
    "Query",
    "Secret",
]
