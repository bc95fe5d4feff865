"""The apps of Django under WSGI; what all of them share is set once, and each brings its own addresses."""

from __future__ import annotations

import asyncio
from types import ModuleType

import django
from django.conf import settings

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE, ROUTES, ROWS, TEMPLATE_STRING

from .common import SECRET, TEMPLATES, TITLE, Apps, Teardowns, make_static_folder

settings.configure(
    ALLOWED_HOSTS=["*"],
    DEBUG=False,
    LOGGING={"version": 1, "loggers": {"django": {"level": "CRITICAL"}}},
    MIDDLEWARE=[],
    SECRET_KEY=SECRET,
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    TEMPLATES=[{"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": [TEMPLATES]}],
    USE_I18N=False,
)
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - Django is set up before the rest of it is imported
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.template import Context, Engine  # noqa: E402
from django.urls import clear_url_caches, path, reverse  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from django.views.static import serve  # noqa: E402

APPS = Apps()
_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"


def _build(*patterns, middleware=()):
    """Make a handler, and point the one URLconf of the process to its patterns."""
    urls = ModuleType("bench_urls")
    urls.urlpatterns = list(patterns)
    settings.ROOT_URLCONF = urls
    settings.MIDDLEWARE = list(middleware)
    clear_url_caches()
    return WSGIHandler()


@APPS.case("plain")
def _plain():
    return _build(path("", lambda request: HttpResponse(HELLO)))


@APPS.case("sync_json")
@APPS.case("json")
def _json():
    return _build(path("", lambda request: JsonResponse(MESSAGE)))


@APPS.case("not_found")
@APPS.case("int_route")
def _int_route():
    def static(request):
        return HttpResponse("static")

    def item(request, resource, item):
        return HttpResponse(str(resource + item))

    return _build(
        *[
            path(f"page{number}", static)
            if number % 2
            else path(f"resource{number}/<int:resource>/items/<int:item>", item)
            for number in range(ROUTES)
        ]
    )


@APPS.case("query")
def _query():
    def search(request):
        query = request.GET
        return HttpResponse(f"{query['term']} {int(query['page'])} {int(query['size'])}")

    return _build(path("search", search))


@APPS.case("json_body")
def _json_body():
    import json

    def create(request):
        person = json.loads(request.body)
        return HttpResponse(f"{person['name']} {person['age']}")

    return _build(path("", csrf_exempt(create)))


@APPS.case("form")
def _form():
    def create(request):
        form = request.POST
        return HttpResponse(f"{form['name']} {int(form['age'])} {form['note']}")

    return _build(path("", csrf_exempt(create)))


@APPS.case("multipart")
def _multipart():
    def upload(request):
        return HttpResponse(f"{request.POST['title']} {len(request.FILES['file'].read())}")

    return _build(path("", csrf_exempt(upload)))


@APPS.case("template_string")
def _template_string():
    engine = Engine()

    def hello(request):
        return HttpResponse(engine.from_string(TEMPLATE_STRING).render(Context({"name": "Ann", "is_new": True})))

    return _build(path("", hello))


@APPS.case("template")
def _template():
    return _build(path("", lambda request: render(request, "table.html", {"title": TITLE, "rows": ROWS})))


@APPS.case("session_write")
@APPS.case("session_read")
def _session():
    def login(request):
        request.session["user"] = "Ann"
        return HttpResponse("ok")

    def who(request):
        return HttpResponse(request.session["user"])

    return _build(path("login", login), path("who", who), middleware=[_SESSIONS])


@APPS.case("url_for")
def _url_for():
    return _build(
        path("", lambda request: HttpResponse(reverse("item", kwargs={"number": 7}))),
        path("item/<int:number>", lambda request, number: HttpResponse(str(number)), name="item"),
    )


def hook_middleware(get_response):
    """Do before and after a view what the hooks of a blueprint do."""

    def middleware(request):
        request.user = "Ann"
        try:
            response = get_response(request)
            response.headers["X-Hook"] = "after"
            return response
        finally:
            Teardowns.add()

    return middleware


class CatchMiddleware:
    """Answer an error that a view raises."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Let the request through."""
        return self.get_response(request)

    def process_exception(self, request, error):
        """Answer a ValueError, and no other."""
        return HttpResponse(f"caught: {error}", status=400) if isinstance(error, ValueError) else None


@APPS.case("hooks")
def _hooks():
    return _build(
        path("part/", lambda request: HttpResponse(request.user)),
        middleware=[f"{__name__}.hook_middleware"],
    )


@APPS.case("error_handler")
def _error_handler():
    def fail(request):
        raise ValueError("no")

    return _build(path("", fail), middleware=[f"{__name__}.CatchMiddleware"])


@APPS.case("redirect")
def _redirect():
    return _build(path("old", lambda request: HttpResponseRedirect("/new")))


@APPS.case("static_304")
@APPS.case("static")
def _static():
    return _build(path("static/<path:path>", serve, {"document_root": make_static_folder()}))


@APPS.case("stream")
def _stream():
    def chunks(request):
        return StreamingHttpResponse((CHUNK for _ in range(CHUNKS)), content_type="text/plain; charset=utf-8")

    return _build(path("", chunks))


@APPS.case("async_view")
def _async_view():
    async def hello(request):
        await asyncio.sleep(0)
        return HttpResponse(HELLO)

    return _build(path("", hello))


@APPS.case("async_json")
def _async_json():
    async def message(request):
        return JsonResponse(MESSAGE)

    return _build(path("", message))
