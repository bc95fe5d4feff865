"""Placeholder until the binder is written."""


def bind_view(app, endpoint, function, url_arguments, methods):
    """Bind nothing yet."""
    return None
