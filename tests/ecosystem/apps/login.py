"""A members' club on Flask-Login: log in and out, "remember me", fresh logins, tokens, and stolen cookies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import time_machine
from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import (
    FlaskLoginClient,
    LoginManager,
    UserMixin,
    confirm_login,
    current_user,
    fresh_login_required,
    login_fresh,
    login_required,
    login_user,
    logout_user,
    user_logged_in,
    user_logged_out,
    user_unauthorized,
)
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.security import check_password_hash, generate_password_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from flask.typing import ResponseReturnValue
    from werkzeug.test import TestResponse
    from werkzeug.wrappers import Request

    from apps import Step


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)
manager = LoginManager()
auth = Blueprint("auth", __name__, url_prefix="/auth")
club = Blueprint("club", __name__)
staff = Blueprint("staff", __name__, url_prefix="/staff")


class Member(UserMixin, db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]
    token: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def is_active(self) -> bool:
        return self.active


def create_app(folder: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="club secret",
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/club.sqlite",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.test_client_class = FlaskLoginClient
    app.context_processor(lambda: {"login_fresh": login_fresh})
    db.init_app(app)
    manager.init_app(app)
    manager.login_view = "auth.log_in"
    manager.login_message_category = "warning"
    manager.refresh_view = "auth.confirm"
    manager.needs_refresh_message = "Say it again."
    manager.session_protection = "basic"
    manager.blueprint_login_views = {"staff": "/staff/entrance"}
    for blueprint in (auth, club, staff):
        app.register_blueprint(blueprint)
    with app.app_context():
        db.create_all()
        for name, active in (("ada", True), ("bob", True), ("eve", False)):
            password = generate_password_hash(f"{name}'s password", "pbkdf2:sha256:100")
            db.session.add(Member(name=name, password=password, token=f"token-{name}", active=active))
        db.session.commit()
    return app


@manager.user_loader
def load_member(member_id: str) -> Member | None:
    g.loads = g.get("loads", 0) + 1
    return db.session.get(Member, int(member_id))


@manager.request_loader
def load_by_token(given: Request) -> Member | None:
    kind, _, token = given.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer":
        return None
    return db.session.scalar(db.select(Member).filter_by(token=token))


@auth.route("/login", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    if request.method == "POST":
        member = db.session.scalar(db.select(Member).filter_by(name=request.form["name"]))
        if member is None or not check_password_hash(member.password, request.form["password"]):
            flash("Wrong name or password.", "error")
            return render_template("login/form.html"), 401
        if not login_user(member, remember="remember" in request.form):
            flash(f"{member.name} is suspended.", "error")
            return render_template("login/form.html"), 403
        session.permanent = "permanent" in request.form
        flash("Welcome back.")
        return redirect(request.args.get("next") or url_for("club.index"))
    return render_template("login/form.html")


@auth.route("/confirm", methods=["GET", "POST"])
@login_required
def confirm() -> ResponseReturnValue:
    if request.method == "POST":
        confirm_login()
        return redirect(url_for("club.settings"))
    return render_template("login/form.html")


@auth.post("/logout")
@login_required
def log_out() -> ResponseReturnValue:
    logout_user()
    return redirect(url_for("club.index"))


@club.get("/")
def index() -> str:
    return render_template("login/page.html", heading="Index")


@club.route("/members", methods=["GET", "POST"])
@login_required
def members() -> str:
    names = ", ".join(db.session.scalars(db.select(Member.name).order_by(Member.name)))
    return render_template("login/page.html", heading=names)


@club.get("/settings")
@fresh_login_required
def settings() -> str:
    return render_template("login/page.html", heading="Settings")


@club.get("/me")
@login_required
def me() -> Response:
    return jsonify(id=current_user.get_id(), name=current_user.name, loads=g.get("loads", 0))


@club.get("/ensured")
def ensured() -> str:
    ensure = current_app.ensure_sync(login_required(lambda: f"sync view for {current_user.name}"))
    return ensure()


@staff.get("/")
@login_required
def desk() -> str:
    return "desk"


def log_in_as(client: FlaskClient, name: str, query: str = "", **fields: str) -> TestResponse:
    form = {"name": name, "password": f"{name}'s password", **fields}
    return client.post(f"/auth/login{query}", data=form)


def cookies_of(client: FlaskClient) -> dict[str, bool]:
    names = ("session", "remember_token")
    return {name: client.get_cookie(name) is not None for name in names}


def drive(app: Flask, _folder: str) -> Iterator[Step]:
    signals: list[str] = []
    listeners = []
    for signal, name in ((user_logged_in, "in"), (user_logged_out, "out"), (user_unauthorized, "unauthorized")):
        listeners.append(lambda _sender, name=name, **extra: signals.append(f"{name} {sorted(extra)}"))
        signal.connect(listeners[-1], app)
    yield from drive_session(app)
    yield from drive_remember(app)
    yield from drive_theft(app)
    yield from drive_tokens(app)
    yield from drive_expiry(app)
    yield "signals", signals


def drive_session(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "index, nobody", client.get("/")
    yield "members, nobody", client.get("/members?page=2")
    yield "members, nobody, POST", client.post("/members")
    yield "members, OPTIONS", client.options("/members")
    yield "staff, nobody", client.get("/staff/")
    yield "login page with message", client.get("/auth/login?next=/members")
    yield "wrong password", log_in_as(client, "ada", password="guess")
    yield "suspended", log_in_as(client, "eve")
    yield "no form", client.post("/auth/login")
    yield "log in", log_in_as(client, "ada", "?next=/members")
    yield "members", client.get("/members")
    yield "settings, fresh", client.get("/settings")
    with client.session_transaction() as kept:
        yield "session keys", {key: str(value) for key, value in kept.items()}
    yield "log out", client.post("/auth/logout")
    yield "log out again", client.post("/auth/logout")
    yield "cookies after log out", cookies_of(client)
    yield "members after log out", client.get("/members")


def drive_remember(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "remember", log_in_as(client, "bob", remember="on")
    yield "cookies", cookies_of(client)
    client.delete_cookie("session")
    yield "remembered", client.get("/members")
    yield "remembered, not fresh", client.get("/settings")
    yield "confirm page", client.get("/auth/confirm")
    yield "confirm", client.post("/auth/confirm")
    yield "settings after confirm", client.get("/settings")
    token = client.get_cookie("remember_token").value
    yield "log out, remembered", client.post("/auth/logout")
    yield "cookies after forgetting", cookies_of(client)
    for label, value in (("good", token), ("forged", f"1{token[1:]}"), ("garbage", "x|"), ("empty", "")):
        stranger = app.test_client()
        stranger.set_cookie("remember_token", value)
        yield f"{label} remember cookie", stranger.get("/me")


def drive_theft(app: Flask) -> Iterator[Step]:
    careful = app.test_client()
    log_in_as(careful, "ada")
    yield "other browser, basic", careful.get("/settings", headers={"User-Agent": "thief"})
    manager.session_protection = "strong"
    client = app.test_client()
    log_in_as(client, "ada", remember="on")
    yield "same browser", client.get("/me")
    yield "other browser", client.get("/me", headers={"User-Agent": "thief"})
    yield "cookies after theft", cookies_of(client)
    forger = app.test_client()
    log_in_as(forger, "ada")
    value = forger.get_cookie("session").value
    forger.set_cookie("session", value[:-2] + "xx")
    yield "forged session", forger.get("/me")
    manager.session_protection = "basic"


def drive_tokens(app: Flask) -> Iterator[Step]:
    client = app.test_client()
    yield "token", client.get("/me", headers={"Authorization": "Bearer token-ada"})
    yield "wrong token", client.get("/me", headers={"Authorization": "Bearer token-x"})
    yield "token and fresh", client.get("/settings", headers={"Authorization": "Bearer token-ada"})
    yield "ensure_sync", client.get("/ensured", headers={"Authorization": "Bearer token-bob"})
    with app.app_context():
        member = db.session.get(Member, 2)
    yield "client with a user", app.test_client(user=member).get("/me")
    yield "client with a fresh user", app.test_client(user=member, fresh_login=True).get("/settings")
    manager.unauthorized_callback = lambda: (jsonify(error="log in first"), 401)
    yield "own answer", client.get("/me")
    manager.unauthorized_callback = None
    app.config["LOGIN_DISABLED"] = True
    yield "login disabled", client.get("/members")
    app.config["LOGIN_DISABLED"] = False
    with app.test_request_context("/", headers={"Authorization": "Bearer token-bob"}):
        yield "current user by hand", current_user.name
        login_user(db.session.get(Member, 1))
        yield "current user after login_user", current_user.name


def drive_expiry(app: Flask) -> Iterator[Step]:
    short, long = app.test_client(), app.test_client()
    yield "browser session", log_in_as(short, "ada")
    yield "permanent session", log_in_as(long, "ada", permanent="on")
    with time_machine.travel("2030-06-16 12:00:00+00:00", tick=False):
        yield "after 30 days", long.get("/me")
    with time_machine.travel("2030-07-30 12:00:00+00:00", tick=False):
        yield "after 74 days, browser session", short.get("/me")
        yield "after 74 days, permanent session", long.get("/me")
