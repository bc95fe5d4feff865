"""An ordinary Flask application: nothing in it was written with a document in mind."""

from __future__ import annotations

import functools
from typing import Any

from werkzeug.routing import BaseConverter

from demijohn import Blueprint, Flask
from demijohn.views import MethodView


class Hexadecimal(BaseConverter):
    """A number in hexadecimal."""

    regex = "[0-9a-f]+"


class Users(MethodView):
    """Users of the application."""

    def get(self, name):
        """Show a user.

        :param name: What the user is called.
        :returns: A page.
        """

    def post(self, name): ...


def needs_login(view):
    """Let nobody in who is not logged in."""

    @functools.wraps(view)
    def check(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return check


def make_app() -> Flask:
    """Return the application."""
    app = Flask("plain")
    app.url_map.converters["hex"] = Hexadecimal
    blog = Blueprint("blog", __name__, url_prefix="/blog", static_folder="static")

    @app.route("/")
    def index():
        return "Hello"

    @app.route("/search", methods=["GET", "POST"])
    def search():
        """Search for something.

        Looks in all *pages*, and shows
        the best ones first.

        Parameters
        ----------
        words : str
            Not in the URL, so not in the document.
        ---
        tags: [yaml of another package]
        """

    @blog.route("/", defaults={"page": 1})
    @blog.route("/page/<int:page>")
    @needs_login
    def posts(page: int):
        """List posts.

        Args:
            page: Which part of the list.
        """

    @blog.get("/<int(min=1900, max=2100):year>/<any(winter, spring):season>/<string(length=2):code>")
    @blog.get("/<float(signed=True):number>/<uuid:key>/<hex:colour>/<path:rest>")
    def special(**values: Any) -> str: ...

    @app.get("/data")
    def data() -> dict[str, int]:
        """Give numbers."""

    @app.websocket("/socket")
    async def socket() -> None: ...

    app.add_url_rule("/users/<name>", view_func=Users.as_view("users"))
    app.add_url_rule("/old/<name>", endpoint="built", build_only=True)
    app.add_url_rule("/later", endpoint="without_view")
    app.register_blueprint(blog)
    return app
