"""Commands run in a frame: what they see, what they say, and what they cannot harm."""

import asyncio
import contextvars
import sys
import threading

import pytest

from demijohn.dev.console import LONGEST_OUTPUT, FrameConsole

colour = contextvars.ContextVar("colour", default="none")


def raise_here(number):
    """Fail with two local variables."""
    mutable = []
    raise ValueError(number, mutable)


def find_frame():
    """Return the frame that raised."""
    try:
        raise_here(7)
    except ValueError as error:
        return error.__traceback__.tb_next.tb_frame


@pytest.fixture
def console():
    """Return a console in a frame."""
    return FrameConsole(find_frame())


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("number + 1", "8\n"),
        ("[number for _ in range(2)]", "[7, 7]\n"),
        ("(lambda: number)()", "7\n"),
        ("None", ""),
        ("", ""),
        ("x = 2", ""),
        ("x = 2\nx * number", "14\n"),
        ("print('a'); print('b')", "a\nb\n"),
        ("for x in range(2):\n    print(x)", "0\n1\n"),
        ("raise_here.__name__", "'raise_here'\n"),
        ("import pprint; pprint.pprint({1: 2})", "{1: 2}\n"),
        ("import sys; sys.stdout.isatty(), bool(sys.stdout.encoding)", "(False, True)\n"),
    ],
)
def test_commands_say_what_they_give(console, command, expected):
    """A command shows what it prints, and the value of its last expression."""
    assert expected == console.run(command)


def test_names_stay_and_the_last_value_is_kept(console):
    """What a command binds is there for the next one, and `_` is the last value."""
    console.run("x = number")
    console.run("x * 2")
    assert "(7, 14)\n" == console.run("x, _")


def test_names_of_the_frame_are_copies():
    """A command binds its own names, not those of the module, but sees the very objects."""
    frame = find_frame()
    FrameConsole(frame).run("mutable.append(1); raise_here = None")
    assert [1] == frame.f_locals["mutable"]
    assert raise_here is not None


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("1 +", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("no", "NameError"),
    ],
)
def test_mistakes_are_shown(console, command, expected):
    """A command that fails shows its traceback, without the console's own frames."""
    shown = console.run(command)
    assert expected in shown
    assert "console.py" not in shown


def test_broken_exceptions_are_shown(console):
    """An exception that cannot be shown is named."""
    shown = console.run("class E(Exception):\n    def __str__(self): raise ValueError\nraise E")
    assert "E: <exception str() failed>" in shown


def test_output_is_cut(console):
    """The output of a command has an end."""
    assert len(console.run("'x' * 10**6")) < LONGEST_OUTPUT + 50


def test_other_threads_print_as_before(console, capsys):
    """What other threads print while a command runs goes where it went."""
    started, ended = threading.Event(), threading.Event()

    def talk():
        started.wait()
        sys.stdout.write("other\n")
        ended.set()

    thread = threading.Thread(target=talk)
    thread.start()
    before = sys.stdout
    console._names.update(started=started, ended=ended)
    assert "own\n" == console.run("started.set(); _ = ended.wait(); print('own')")
    thread.join()
    assert "other\n" == capsys.readouterr().out
    assert sys.stdout is before


def test_commands_run_in_the_given_context():
    """A command sees the context variables that it is given, and changes them for itself alone."""
    context = contextvars.copy_context()
    context.run(colour.set, "red")
    console = FrameConsole(find_frame(), context)
    console._names["colour"] = colour
    assert "'red'\n" == console.run("colour.get()")
    console.run("colour.set('blue')")
    assert "red" == context[colour]


def test_await_runs_on_the_loop():
    """A command that awaits does so on the server's loop."""

    async def serve():
        loop = asyncio.get_running_loop()
        console = FrameConsole(find_frame(), None, loop)
        console._names["loop"] = loop
        command = "import asyncio as a\nx = await a.sleep(0, 5)\nx, await a.sleep(0), a.get_running_loop() is loop"
        return await loop.run_in_executor(None, console.run, command)

    assert "(5, None, True)\n" == asyncio.run(serve())


def test_await_without_a_loop_says_so(console):
    """Without a loop a command that awaits is refused, and its coroutine closed."""
    assert "cannot await" in console.run("import asyncio\nawait asyncio.sleep(0)")


def test_await_on_the_thread_of_the_loop_says_so():
    """A command that runs on the loop itself cannot wait for it."""

    async def serve():
        return FrameConsole(find_frame(), None, asyncio.get_running_loop()).run(
            "import asyncio\nawait asyncio.sleep(0)"
        )

    assert "cannot await" in asyncio.run(serve())
