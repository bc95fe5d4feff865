"""Keep what was registered, and notice every change of it.

Here live the containers behind `before_request_funcs`, `view_functions`
and their like, and the `Registry` that holds the plan compiled from them.
They are ordinary lists and dictionaries to whoever uses them, extensions
included; a write of any kind marks the plan stale, and the next request
compiles another.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


#: Tables that map a blueprint's name, or None, to a list of functions.
HOOK_TABLES = frozenset(
    {
        "before_request_funcs",
        "after_request_funcs",
        "teardown_request_funcs",
        "url_value_preprocessors",
    }
)
#: Lists of functions that belong to the application alone.
HOOK_LISTS = frozenset({"teardown_appcontext_funcs"})
#: Plain dictionaries whose change matters to the plan.
TABLES = frozenset({"view_functions"})

_LIST_WRITES = (
    *("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"),
    *("__delitem__", "__iadd__", "__imul__", "__setitem__"),
)
_DICT_WRITES = ("clear", "pop", "popitem", "__delitem__")


class Registry:
    """Hold the plan of one application until something changes."""

    #: The plan in force, or None when it has to be made anew.
    plan: Any = None

    def __init__(self) -> None:
        #: What makes the user's coroutine functions callable by sync code.
        self.wrappers: dict[Any, Any] = {}
        #: The view of each endpoint, and what binds its parameters if it is typed.
        self.bindings: dict[str, tuple[Any, Any]] = {}

    #: How many changes there were.
    changes = 0
    #: The compiled matcher and builder, behind the revision and the identity of
    #: the URL map that they were made from; one tuple, since threads seal at once.
    compiled: tuple[tuple[int, int], Any, Any] | None = None

    def mark_stale(self) -> None:
        """Have the next request compile a new plan."""
        self.changes += 1
        self.plan = None

    def watch(self, name: str, value: Any) -> Any:
        """Return a container for the named attribute that reports writes.

        Args:
            name: The attribute of the application.
            value: What is to be stored under it.

        Returns:
            A watched copy where the attribute is one of the registry's
            tables, otherwise the value itself.
        """
        if name in HOOK_TABLES:
            return HookTable(self.mark_stale, value)
        if name in HOOK_LISTS:
            return HookList(self.mark_stale, value)
        if name in TABLES:
            return WatchedDict(self.mark_stale, value)
        return value


class HookList(list[Any]):
    """A list that reports when it is written to."""

    def __init__(self, report: Callable[[], None], items: Iterable[Any] = ()) -> None:
        super().__init__(items)
        self._report = report

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


class WatchedDict(dict[Any, Any]):
    """A dictionary that reports when it is written to."""

    def __init__(self, report: Callable[[], None], items: Any = ()) -> None:
        super().__init__(items)
        self._report = report

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self._report()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key, after storing `default` for a new one."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Store every item of another mapping."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc]  # dict allows more
        self.update(other)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class HookTable(WatchedDict, defaultdict[Any, Any]):
    """A `defaultdict(list)` that reports when it or a list is written to."""

    def __init__(self, report: Callable[[], None], items: Any = ()) -> None:
        defaultdict.__init__(self, list)
        self._report = report
        self.update(items)

    def __missing__(self, key: Any) -> HookList:
        functions = HookList(self._report)
        dict.__setitem__(self, key, functions)
        return functions

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, HookList(self._report, value))


def _report_writes(owner: type, base: type, names: tuple[str, ...]) -> None:
    """Give a container class the writing methods of its base that report."""

    def build(name: str) -> Callable[..., Any]:
        write = getattr(base, name)

        def write_and_report(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = write(self, *args, **kwargs)
            self._report()
            return result

        write_and_report.__name__ = name
        write_and_report.__doc__ = write.__doc__
        return write_and_report

    for name in names:
        setattr(owner, name, build(name))


_report_writes(HookList, list, _LIST_WRITES)
_report_writes(WatchedDict, dict, _DICT_WRITES)
