"""The settings under which the same app is built, by name."""

from __future__ import annotations

from typing import Any

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "bare": {"hooks": False},
    "bare_no_handlers": {"hooks": False, "handlers": "none"},
    "signals": {"signals": True},
    "generic_handlers": {"handlers": "generic"},
    "testing": {"config": {"TESTING": True}},
    "debug": {"config": {"DEBUG": True}},
    "debug_bare": {"hooks": False, "handlers": "none", "config": {"DEBUG": True}},
    "propagate": {"config": {"PROPAGATE_EXCEPTIONS": True}},
    "propagate_never": {"config": {"PROPAGATE_EXCEPTIONS": False, "TESTING": True}},
    "trap_http": {"config": {"TRAP_HTTP_EXCEPTIONS": True, "PROPAGATE_EXCEPTIONS": True}},
    "trap_bad_request": {"config": {"TRAP_BAD_REQUEST_ERRORS": True}},
    "trap_never": {"config": {"TRAP_BAD_REQUEST_ERRORS": False, "DEBUG": True}},
    "limits": {"config": {"MAX_CONTENT_LENGTH": 200, "MAX_FORM_MEMORY_SIZE": 100, "MAX_FORM_PARTS": 2}},
    "no_secret": {"config": {"SECRET_KEY": None}},
    "cookie_settings": {
        "config": {
            "SESSION_COOKIE_NAME": "jar",
            "SESSION_COOKIE_PATH": "/session",
            "SESSION_COOKIE_DOMAIN": "example.org",
            "SESSION_COOKIE_HTTPONLY": False,
            "SESSION_COOKIE_SECURE": True,
            "SESSION_COOKIE_SAMESITE": "Strict",
            "SESSION_COOKIE_PARTITIONED": True,
            "SESSION_REFRESH_EACH_REQUEST": False,
            "PERMANENT_SESSION_LIFETIME": 3600,
            "SECRET_KEY_FALLBACKS": ["older key"],
        }
    },
    "urls": {
        "config": {
            "SERVER_NAME": "example.org:8080",
            "APPLICATION_ROOT": "/mounted",
            "PREFERRED_URL_SCHEME": "https",
            "SEND_FILE_MAX_AGE_DEFAULT": 60,
            "PROVIDE_AUTOMATIC_OPTIONS": False,
        }
    },
    "sendfile": {"config": {"USE_X_SENDFILE": True}},
    "json": {"json": {"sort_keys": False, "ensure_ascii": False, "compact": False, "mimetype": "text/json"}},
    "json_long": {"json": {"compact": True}, "config": {"DEBUG": True}},
}
