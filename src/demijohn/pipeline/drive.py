"""Call what the pipeline asks for.

The steps of a request are generators: they yield each function of the
user's with its arguments, and are given its result.  So the pipeline is
written once, and whoever drives it decides how a function is called.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

Result = TypeVar("Result")

#: Yields functions with their arguments; its value is that of the step.
Step = Generator[tuple[Callable[..., Any], tuple[Any, ...]], Any, Result]


def drive(step: Step[Result]) -> Result:
    """Take a step, calling what it yields in this thread.

    Args:
        step: The step, not begun yet.

    Returns:
        The step's value.

    Raises:
        BaseException: What the step raises, such as what a function of the
            user's raised and the step does not handle.
    """
    try:
        function, args = next(step)
        while True:
            try:
                result = function(*args)
            except BaseException as error:
                function, args = step.throw(error)
            else:
                function, args = step.send(result)
    except StopIteration as error:
        value: Result = error.value
        return value
