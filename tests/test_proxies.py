"""A proxy reads quickly what it stands for, and else is one of Werkzeug's."""

import gc
import weakref

import pytest
from werkzeug.local import LocalProxy

import demijohn
from demijohn import _proxies

NAMES = ["app_ctx", "current_app", "g", "request", "request_ctx", "session"]


class Holder:
    """Counts how often its property runs, which raises."""

    runs = 0

    @property
    def broken(self):
        """Raise as a bug in a property would."""
        self.runs += 1
        raise AttributeError("inside of the property")


@pytest.fixture
def app():
    """Return an application."""
    return demijohn.Flask("made")


@pytest.mark.parametrize("name", NAMES)
def test_a_proxy_is_one_of_werkzeugs(name):
    """Its class, what it shows of it and its documentation are those of LocalProxy."""
    proxy, plain = getattr(_proxies, name), LocalProxy(dict)
    assert isinstance(proxy, LocalProxy)
    assert (repr(type(plain)), type(plain).__module__) == (repr(type(proxy)), type(proxy).__module__)
    assert LocalProxy.__doc__ == proxy.__doc__


def test_an_attribute_that_is_missing_is_told_once(app):
    """The error is that of the object behind, and a property that raises it runs once."""
    holder = Holder()
    proxy = _proxies._make_proxy(lambda: holder)
    with pytest.raises(AttributeError, match="inside of the property"):
        _ = proxy.broken
    with pytest.raises(AttributeError, match="'Holder' object has no attribute 'absent'"):
        _ = proxy.absent
    assert (1, False, False, "default") == (
        holder.runs,
        hasattr(proxy, "absent"),
        hasattr(proxy, "_absent"),
        getattr(proxy, "", "default"),
    )


def test_an_attribute_may_be_asked_for_by_its_special_method(app):
    """What was missed before has no part in it."""
    proxy = _proxies._make_proxy(lambda: app)
    with pytest.raises(AttributeError):
        proxy.__getattribute__("absent")
    assert ("made", "made") == (proxy.__getattr__("name"), proxy.__getattribute__("name"))


@pytest.mark.parametrize("name", ["name", "_got_first_request", "Upper", "été", "__class__", "__dict__", "__doc__"])
def test_every_kind_of_name_is_read_from_the_object(app, name):
    """Names with underscores, capitals and accents are found as plain ones are."""
    app.Upper = app.été = 1
    with app.app_context():
        assert getattr(app, name) == getattr(demijohn.current_app, name)


def test_a_missing_attribute_keeps_nothing_alive():
    """The error that told of it is freed at once, with the object in its frames."""
    held = [Holder()]
    proxy = _proxies._make_proxy(lambda: held[0])
    reference = weakref.ref(held[0])
    gc.disable()
    try:
        assert not hasattr(proxy, "absent")
        held.clear()
        assert None is reference()
    finally:
        gc.enable()
