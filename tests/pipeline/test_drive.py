"""What drives the steps of a request."""

from __future__ import annotations

import pytest

from demijohn.pipeline.drive import drive


def test_a_step_gets_the_results_of_what_it_yields():
    """Each function is called with its arguments, and its result goes back."""

    def step():
        first = yield max, (1, 3)
        second = yield divmod, (7, first)
        return first, second

    assert (3, (2, 1)) == drive(step())


def test_a_step_that_yields_nothing_has_its_value():
    """A step may need nobody's function."""

    def step():
        return "value"
        yield

    assert "value" == drive(step())


def test_a_step_may_handle_what_its_function_raises():
    """An exception is raised where the function was yielded."""

    def step():
        try:
            yield int, ("x",)
        except ValueError as error:
            return str(error)

    assert "invalid literal for int() with base 10: 'x'" == drive(step())


@pytest.mark.parametrize("kind", [LookupError, KeyboardInterrupt, GeneratorExit])
def test_what_a_step_does_not_handle_is_raised(kind):
    """It reaches the caller, after the step has cleaned up."""
    seen = []

    def fail():
        raise kind

    def step():
        try:
            yield fail, ()
        finally:
            seen.append((yield len, ("abc",)))

    with pytest.raises(kind):
        drive(step())
    assert [3] == seen
