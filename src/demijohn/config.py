"""Hold an application's settings and fill them from many sources.

Here live the `Config` mapping with its loaders, the descriptor by which
attributes of the application read one setting, and the settings that every
application starts with.
"""

from __future__ import annotations

import errno
import json
import os
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import IO, Any, Generic, TypeVar, overload

from werkzeug.utils import import_string

from .typing import AppLike

T = TypeVar("T")

#: The settings that an application starts with; DEBUG comes from
#: `FLASK_DEBUG`.
DEFAULTS: dict[str, Any] = {
    "APPLICATION_ROOT": "/",
    "DEBUG": None,
    "EXPLAIN_TEMPLATE_LOADING": False,
    "MAX_CONTENT_LENGTH": None,
    "MAX_COOKIE_SIZE": 4093,
    "MAX_FORM_MEMORY_SIZE": 500_000,
    "MAX_FORM_PARTS": 1_000,
    "PERMANENT_SESSION_LIFETIME": timedelta(days=31),
    "PREFERRED_URL_SCHEME": "http",
    "PROPAGATE_EXCEPTIONS": None,
    "PROVIDE_AUTOMATIC_OPTIONS": True,
    "SECRET_KEY": None,
    "SECRET_KEY_FALLBACKS": None,
    "SEND_FILE_MAX_AGE_DEFAULT": None,
    "SERVER_NAME": None,
    "SESSION_COOKIE_DOMAIN": None,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_NAME": "session",
    "SESSION_COOKIE_PARTITIONED": False,
    "SESSION_COOKIE_PATH": None,
    "SESSION_COOKIE_SAMESITE": None,
    "SESSION_COOKIE_SECURE": False,
    "SESSION_REFRESH_EACH_REQUEST": True,
    "TEMPLATES_AUTO_RELOAD": None,
    "TESTING": False,
    "TRAP_BAD_REQUEST_ERRORS": None,
    "TRAP_HTTP_EXCEPTIONS": False,
    "TRUSTED_HOSTS": None,
    "USE_X_SENDFILE": False,
}

_ABSENT = frozenset({errno.ENOENT, errno.EISDIR})
_ABSENT_MODULE = _ABSENT | {errno.ENOTDIR}


class ConfigAttribute(Generic[T]):
    """Make an attribute of the application read and write one setting.

    Args:
        name: The key in `app.config`.
        get_converter: Is given the stored value when the attribute is read.
    """

    def __init__(self, name: str, get_converter: Callable[[Any], T] | None = None) -> None:
        self.__name__ = name
        self.get_converter = get_converter

    @overload
    def __get__(self, obj: None, owner: type | None = None) -> ConfigAttribute[T]: ...

    @overload
    def __get__(self, obj: AppLike, owner: type | None = None) -> T: ...

    def __get__(self, obj: AppLike | None, owner: type | None = None) -> ConfigAttribute[T] | T:
        """Return the setting, or the descriptor when asked of the class.

        Raises:
            KeyError: The settings do not have the key.
        """
        if obj is None:
            return self
        value: T = obj.config[self.__name__]
        return value if self.get_converter is None else self.get_converter(value)

    def __set__(self, obj: AppLike, value: Any) -> None:
        """Store the value, unconverted, in the settings."""
        obj.config[self.__name__] = value


class Config(dict[str, Any]):
    """Map setting names to values; the loaders take upper-case names only.

    Args:
        root_path: The folder that relative file names are looked up in.
        defaults: The first values.
    """

    def __init__(self, root_path: str | os.PathLike[str], defaults: dict[str, Any] | None = None) -> None:
        super().__init__(defaults or {})
        self.root_path = root_path

    def __repr__(self) -> str:
        """Return the class's name and the settings."""
        return f"<{type(self).__name__} {super().__repr__()}>"

    def from_envvar(self, variable_name: str, silent: bool = False) -> bool:
        """Load the Python file that an environment variable names.

        Args:
            variable_name: The environment variable.
            silent: Return False when the variable or the file is missing.

        Returns:
            Whether a file was loaded.

        Raises:
            RuntimeError: The variable is unset or empty.
            OSError: The file could not be read.
        """
        filename = os.environ.get(variable_name)
        if filename:
            return self.from_pyfile(filename, silent=silent)
        if silent:
            return False
        raise RuntimeError(
            f"The environment variable {variable_name!r} is not set, so there is no"
            " configuration file to load. Set it to the path of the file, or pass"
            " silent=True if the file is optional."
        )

    def from_prefixed_env(self, prefix: str = "FLASK", *, loads: Callable[[str], Any] = json.loads) -> bool:
        """Load every environment variable whose name begins with a prefix.

        The rest of the name is the key.  Two underscores in it lead into a
        nested dict, which is created when it is missing: `FLASK_DB__PORT`
        sets `config["DB"]["PORT"]`.

        Args:
            prefix: What stands before the first underscore.
            loads: Turns the text into a value; text that it refuses with
                any exception is stored as it is.

        Returns:
            Always True.

        Raises:
            TypeError: A name leads into a setting that is no dict.
        """
        start = f"{prefix}_"
        for variable in sorted(os.environ):
            if not variable.startswith(start):
                continue
            text = os.environ[variable]
            try:
                value = loads(text)
            except Exception:
                value = text
            self._set_nested(variable, variable[len(start) :].split("__"), value)
        return True

    def from_pyfile(self, filename: str | os.PathLike[str], silent: bool = False) -> bool:
        """Run a Python file and load its upper-case names.

        Flask: an `OSError` that the file's own code raises is neither
        silenced nor described as a missing configuration file.

        Args:
            filename: The file, relative to `root_path`; it needs no suffix.
            silent: Return False when there is no such file.

        Returns:
            Whether the file was loaded.

        Raises:
            OSError: The file could not be read.
        """
        path = os.path.join(self.root_path, filename)
        module = types.ModuleType("config")
        module.__file__ = path
        try:
            with open(path, "rb") as file:
                source = file.read()
        except OSError as error:
            if silent and error.errno in _ABSENT_MODULE:
                return False
            _describe(error)
            raise
        exec(compile(source, path, "exec"), vars(module))  # noqa: S102 - what it is for
        self.from_object(module)
        return True

    def from_object(self, obj: object | str) -> None:
        """Load the upper-case attributes of a module, class or instance.

        A class's properties are not evaluated; pass an instance for them.

        Args:
            obj: The object or the dotted name that it is imported by.

        Raises:
            ImportError: The dotted name could not be imported.
        """
        source = import_string(obj) if isinstance(obj, str) else obj
        self._take((name, getattr(source, name)) for name in dir(source) if name.isupper())

    def from_file(
        self,
        filename: str | os.PathLike[str],
        load: Callable[[IO[Any]], Mapping[str, Any]],
        silent: bool = False,
        text: bool = True,
    ) -> bool:
        """Load a file through a function that makes a mapping of it.

        Args:
            filename: The file, relative to `root_path`.
            load: Reads the open file, such as `json.load` or `tomllib.load`.
            silent: Return False when there is no such file.
            text: Open the file as text; `tomllib.load` wants False.

        Returns:
            Whether the file was loaded.

        Raises:
            OSError: The file could not be read.
        """
        path = os.path.join(self.root_path, filename)
        try:
            file = open(path) if text else open(path, "rb")  # noqa: SIM115 - closed below
        except OSError as error:
            if silent and error.errno in _ABSENT:
                return False
            _describe(error)
            raise
        with file:
            mapping = load(file)
        return self.from_mapping(mapping)

    def from_mapping(self, mapping: Mapping[str, Any] | None = None, **kwargs: Any) -> bool:
        """Load the upper-case keys of a mapping and of the keywords.

        Args:
            mapping: A mapping or pairs of key and value.
            **kwargs: More settings; they win over the mapping's.

        Returns:
            Always True.
        """
        items = {} if mapping is None else dict(mapping)
        self._take((items | kwargs).items())
        return True

    def get_namespace(self, namespace: str, lowercase: bool = True, trim_namespace: bool = True) -> dict[str, Any]:
        """Return the settings whose keys begin with a prefix.

        Args:
            namespace: The prefix, such as `"MAIL_"`.
            lowercase: Return the keys in lower case.
            trim_namespace: Return the keys without the prefix.

        Returns:
            A new dict, fit to be passed as keywords.
        """
        skip = len(namespace) if trim_namespace else 0
        found = {key[skip:]: value for key, value in self.items() if key.startswith(namespace)}
        return {key.lower(): value for key, value in found.items()} if lowercase else found

    def _take(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Store the pairs whose key is in upper case."""
        self.update((key, value) for key, value in pairs if key.isupper())

    def _set_nested(self, variable: str, keys: list[str], value: Any) -> None:
        """Store a value under the last of the keys, each a level deeper."""
        place: Any = self
        try:
            for key in keys[:-1]:
                if key not in place:
                    place[key] = {}
                place = place[key]
            place[keys[-1]] = value
        except TypeError as error:
            raise TypeError(
                f"The environment variable {variable!r} leads into a setting that is not a"
                f" dict but {place!r}. Set that one to a JSON object, or rename the variable."
            ) from error


def _describe(error: OSError) -> None:
    """Make an error say what the file was wanted for."""
    error.strerror = f"Unable to load configuration file ({error.strerror})"
