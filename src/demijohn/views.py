"""Let a class be a view.

Here live `View`, whose `dispatch_request` answers the request, and
`MethodView`, which has one method for each HTTP method.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from inspect import iscoroutinefunction
from typing import Any, ClassVar, TypeVar

from ._current import get_app, get_request
from .pipeline import bridge
from .typing import ResponseReturnValue, RouteCallable

F = TypeVar("F", bound=Callable[..., Any])

#: The names of the methods by which a `MethodView` answers.
http_method_funcs = frozenset({"get", "post", "head", "options", "delete", "put", "trace", "patch"})


class View:
    """Answer requests by a class instead of a function.

    A subclass defines `dispatch_request`, and `as_view` makes of it the
    view that is registered:

        app.add_url_rule("/hello/<name>", view_func=Hello.as_view("hello"))
    """

    #: The HTTP methods of the view's rules; None leaves them to the rule.
    methods: ClassVar[Collection[str] | None] = None
    #: Whether OPTIONS is answered for the view; None leaves it to the rule.
    provide_automatic_options: ClassVar[bool | None] = None
    #: Decorators for the view that `as_view` makes, the innermost first.
    decorators: ClassVar[list[Callable[..., Any]]] = []
    #: Whether each request has an instance of its own.  Where it is false,
    #: all share one, which must not keep anything of a request.
    init_every_request: ClassVar[bool] = True

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer a request; the rule's variables come as keywords.

        Raises:
            NotImplementedError: The subclass does not define it.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define dispatch_request().")

    @classmethod
    def as_view(cls, name: str, *class_args: Any, **class_kwargs: Any) -> RouteCallable:
        """Return a function that answers requests by this class.

        Args:
            name: The function's name, and so the endpoint by default.
            *class_args: Are passed to the class when it is instantiated.
            **class_kwargs: Likewise.

        Returns:
            The view, decorated, with the class as its `view_class`.
        """
        shared = None if cls.init_every_request else cls(*class_args, **class_kwargs)

        # Flask-Injector rewrites the cells `class_args` and `class_kwargs`, and
        # `view.view_class` may be replaced: both are read for every request.
        def dispatch(**kwargs: Any) -> ResponseReturnValue:
            instance = shared
            if instance is None:
                instance = view.view_class(*class_args, **class_kwargs)
            answer: ResponseReturnValue = get_app().ensure_sync(instance.dispatch_request)(**kwargs)
            return answer

        async def dispatch_on_loop(**kwargs: Any) -> ResponseReturnValue:
            instance: Any = shared
            if instance is None:
                instance = view.view_class(*class_args, **class_kwargs)
            answer: ResponseReturnValue = await instance._find_coroutine()(**kwargs)
            return answer

        view: Any = dispatch
        if not cls.decorators and cls._is_async():
            # Beside an event loop no thread has to wait for it.
            bridge.mark_coroutine(view, dispatch_on_loop)
        name_and_place = {"__name__": name, "__module__": cls.__module__}
        _set_attributes(view, name_and_place)
        for decorator in cls.decorators:
            view = decorator(view)
        attributes = {
            **name_and_place,
            "__doc__": cls.__doc__,
            "view_class": cls,
            "methods": cls.methods,
            "provide_automatic_options": cls.provide_automatic_options,
        }
        _set_attributes(view, attributes)
        made: RouteCallable = view
        return made

    @classmethod
    def _is_async(cls) -> bool:
        """Say whether only coroutine functions answer requests."""
        return iscoroutinefunction(cls.dispatch_request)

    def _find_coroutine(self) -> Any:
        """Return the coroutine function that answers the current request."""
        return self.dispatch_request


class MethodView(View):
    """Answer each HTTP method by the method of the same name.

    HEAD is answered by `get` where there is no `head`.  `methods` is set
    from the methods that the class and its bases define.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Collect the HTTP methods, unless the class names them itself."""
        super().__init_subclass__(**kwargs)
        if "methods" in vars(cls):
            return
        found = {name.upper() for name in http_method_funcs if hasattr(cls, name)}
        for base in cls.__bases__:
            found.update(getattr(base, "methods", None) or ())
        if found:
            cls.methods = found

    def dispatch_request(self, **kwargs: Any) -> ResponseReturnValue:
        """Answer a request by the method that its HTTP method names.

        Args:
            **kwargs: The rule's variables.

        Raises:
            AssertionError: The rule allows an HTTP method that the class
                does not define.
        """
        answer: ResponseReturnValue = get_app().ensure_sync(self._find_handler())(**kwargs)
        return answer

    @classmethod
    def _is_async(cls) -> bool:
        if cls.dispatch_request is not MethodView.dispatch_request:
            return super()._is_async()
        handlers = [getattr(cls, name) for name in http_method_funcs if hasattr(cls, name)]
        return bool(handlers) and all(map(iscoroutinefunction, handlers))

    def _find_coroutine(self) -> Any:
        is_own = type(self).dispatch_request is not MethodView.dispatch_request
        return self.dispatch_request if is_own else self._find_handler()

    def _find_handler(self) -> Any:
        """Return the method for the HTTP method of the current request."""
        method: str = get_request().method
        handler = getattr(self, method.lower(), None)
        if handler is None and method == "HEAD":
            handler = getattr(self, "get", None)
        if handler is None:
            raise AssertionError(
                f"Unimplemented method {method!r}: a rule of {type(self).__name__} allows it."
                f" Define {method.lower()}(), or leave it out of the methods."
            )
        return handler


def _set_attributes(view: Any, attributes: dict[str, Any]) -> None:
    """Set what a view shows of the class behind it."""
    for name, value in attributes.items():
        setattr(view, name, value)
