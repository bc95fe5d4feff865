"""Ordinary Flask apps, one for each extension, and a scripted visitor for each.

Every module has `create_app(folder)`, which keeps its database and files in the folder, and `drive(app, folder)`, which
yields `(label, outcome)` for each step; an outcome is a response, a command's result, or a value that JSON can hold.
"""

from __future__ import annotations

Step = tuple[str, object]
