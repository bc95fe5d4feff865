"""RESULTS.md, the goals and the plot are made from figures; the figures here are made up."""

# ruff: noqa: RUF001 - the tables are written with signs of their own
from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from bench import goals, plot, report
from bench.__main__ import find_faults, split
from bench.cases import CASES
from bench.peers import PEERS
from bench.process import Worker
from bench.profile import parse_stacks, write_profile
from bench.slow import KINDS
from bench.slow import ROWS as SLOW_ROWS
from bench.sockets import ROWS as SOCKET_ROWS
from bench.wire import ROWS, choose_turn, parse_wrk

RESULTS = {
    "runs": {
        "inprocess": {"date": "2026-01-01 00:00 UTC", "load": 0.5, "rounds": 12},
        "wire": {"date": "2026-01-01 00:00 UTC", "load": 0.5, "rounds": 3},
    },
    "machine": {
        "processor": "a processor",
        "cores": 2,
        "memory_gib": 8.0,
        "system": "Linux",
        "python": "CPython 3.11",
        "commit": "abc",
        "versions": {"flask": "3.1.3"},
    },
    "inprocess": {
        "peers": {
            "demijohn": {"version": "0.1.0", "compiled": []},
            "flask": {"version": "3.1.3", "compiled": []},
            "falcon": {"version": "4.4.0", "compiled": ["falcon.fast"]},
            "starlette": {"version": "1.0", "compiled": []},
            "jinja2": {"version": "3.1", "compiled": []},
        },
        "cases": {
            "plain": {
                "demijohn": {"us": 2.0},
                "flask": {"us": 40.0},
                "falcon": {"us": 1.0},
                "starlette": {"fault": "the status is 500"},
            },
            "template": {
                "demijohn": {"us": 64.0},
                "flask": {"us": 100.0},
                "falcon": {"missing": "Falcon has no templates"},
                "starlette": {"us": 70.0},
                "jinja2": {"us": 60.0},
            },
        },
    },
    "wire": {
        "plain": {
            "demijohn on Granian (WSGI)": {
                "rps": 90000,
                "spread": 1.1,
                "p50_ms": 0.5,
                "p99_ms": 1.5,
                "rss": 50 * 1024 * 1024,
            },
            "wsgi on Granian (WSGI)": {
                "rps": 100_000,
                "spread": 1.2,
                "p50_ms": 0.4,
                "p99_ms": 1.0,
                "rss": 40 * 1024 * 1024,
            },
            "flask on Granian (WSGI)": {"fault": "Socket errors: connect 1"},
        }
    },
    "sockets": {
        "count": 10_000,
        "idle": {
            "demijohn_asgi on uvicorn": {
                "opened": 10_000,
                "seconds": 5.0,
                "bytes": 20_000,
                "asked": 200,
                "answered": 200,
            },
            "quart on uvicorn": {"opened": 10_000, "seconds": 7.0, "bytes": 30_000, "asked": 200, "answered": 200},
            "asgi on uvicorn": {"fault": "7 of 10000 sockets were refused or closed"},
        },
        "echo": {
            "demijohn_asgi on uvicorn": {"rps": 60_000, "p50_ms": 1.0, "p99_ms": 2.0, "spread": 1.1},
            "quart on uvicorn": {"rps": 30_000, "p50_ms": 2.0, "p99_ms": 4.0, "spread": 1.2},
        },
    },
    "slow": {
        "many_bodies": {
            "demijohn on Granian (ASGI)": {
                "asked": 100,
                "share": 1.0,
                "rss": 3 * 1024 * 1024,
                "p50_ms": 1.04,
                "p99_ms": 9.96,
            },
            "flask on gunicorn (gthread)": {"asked": 100, "share": 0.0, "rss": 0},
        }
    },
    "scale": {
        "demijohn": {
            "10000": {"registration_ms": 100.0, "first_ms": 5.0, "ready_ms": 105.0, "static_us": 2.0, "dynamic_us": 3.0}
        }
    },
    "imports": {
        "demijohn": {"ms": 50.0, "modules": 100, "rss": 1024 * 1024, "statement": "import demijohn"},
        "empty": {"ms": 8.0},
    },
    "memory": {
        "requests": {"first": 10_000, "last": 1_000_000},
        "demijohn": {"rss_first": 1024 * 1024, "rss_last": 2 * 1024 * 1024, "rss_growth": 1.06, "traced_growth": 0.0},
    },
}


def test_a_cell_has_the_time_and_the_ratio():
    """A case's row has the microseconds of every framework, and how many times Demijohn's they are."""
    assert "| plain text | 2.00 (1.00×) | 40.0 (20.00×) | 1.00 (0.50×) |" in report.write_report(RESULTS)


def test_a_missing_figure_has_its_reason():
    """A case that a framework cannot do, or does wrongly, is a dash with a numbered reason."""
    text = report.write_report(RESULTS)
    assert "| render_template, 20 rows | 64.0 (1.00×) | 100 (1.56×) | – [1] |" in text
    assert "\n1. Falcon has no templates\n2. wrong: the status is 500" in text


def test_every_part_of_a_run_is_written():
    """There is a section for everything that was measured, and each says what its figures are."""
    text = report.write_report(RESULTS)
    for line in (
        "| Jinja2 alone | render_template, 20 rows | 60.0 | 64.0 | 4.00 |",
        "| Granian (WSGI) | bare WSGI function | 100,000 | 1.20 | 1.11× | 0.40 | 1.00 | 40 |",
        "| Granian (WSGI) | Flask | – Socket errors: connect 1 |  |  |  |  |  |",
        "| uvicorn | Demijohn | 20,000 | 1.00× | 5.0 |",
        "| uvicorn | Quart | 30,000 | 1.50× | 7.0 |",
        "| uvicorn | bare ASGI function | – 7 of 10000 sockets were refused or closed |  |  |",
        "| uvicorn | Quart | 30,000 | 1.20 | 0.50× | 2.00 | 4.00 |",
        "| Granian (ASGI) | Demijohn | 100.0% | 1.0 | 10.0 | 3 |",
        "| gunicorn (gthread) | Flask | 0.0% | – | – | 0 |",
        "| Demijohn | 10,000 | 100 | 10.0 | 5.00 | 2.00 | 3.00 |",
        "| `import demijohn` | 50.0 | 1.00× | 100 | 1.0 |",
        "| Demijohn | 1.0 | 2.0 | 1.060 | 0.000 |",
        "* Falcon 4.4.0, compiled modules in use: `falcon.fast`.",
        "* a processor, 2 cores, 8.0 GiB, Linux",
    ):
        assert line in text


def test_nothing_measured_is_a_report_too():
    """Without figures every goal is not measured, and nothing fails."""
    text = report.write_report({})
    assert text.count("| not measured |") == len(goals.load_goals())


@pytest.mark.parametrize(
    ("what", "measured", "is_met"),
    [
        ("plain text: at most Falcon's", 2.0, False),
        ("plain text: at most 1/12 of Flask's", 0.05, True),
        ("render_template: at most Jinja2's own render and 6 µs", 58 / 60, True),
        ("on the wire, Granian, plain text: at least 90 % of the bare function's throughput", 0.9, True),
        ("idle WebSocket, uvicorn: at most 5 kB above the bare function's memory", None, None),
        ("1,000 slow bodies, Granian (ASGI), sync view: at least 99.9 % of good requests answered", 1.0, True),
        ("memory resident: no growth in bytes a request, 0.5 rounds to none", 1.06, False),
        ("JSON: at most Falcon's", None, None),
    ],
)
def test_a_goal_is_computed_from_the_figures(what, measured, is_met):
    """A goal compares two figures, or one with a number, and is open when a figure is not there."""
    verdict = next(one for one in goals.judge(goals.load_goals(), RESULTS) if one.what == what)
    assert verdict.is_met is is_met
    assert verdict.measured == (None if measured is None else pytest.approx(measured))


def test_a_goal_may_be_met_in_another_way():
    """A goal with an alternative is met when the alternative is."""
    goal = {
        "what": "multipart",
        "ours": "a/us",
        "theirs": "b/us",
        "at_most": 0.5,
        "or": [{"what": "the parser", "theirs": "c/us", "at_most": 1.1}],
    }
    figures = {"a": {"us": 10.0}, "b": {"us": 11.0}, "c": {"us": 10.0}}
    assert goals.judge([goal], figures) == [goals.Verdict("multipart", 1.0, "≤ 1.1 of: the parser", is_met=True)]


def test_a_goal_waits_for_enough_requests():
    """Memory after a quick run says nothing about a million requests."""
    quick = {**RESULTS, "memory": {**RESULTS["memory"], "requests": {"first": 1000, "last": 10_000}}}
    verdicts = [one for one in goals.judge(goals.load_goals(), quick) if one.what.startswith("memory")]
    assert [one.reason for one in verdicts] == ["not judged: too few requests"] * 2


def test_more_than_is_possible_is_no_success():
    """A framework that seems quicker than the bare function on the same server shows noise, and meets no goal."""
    goal = {"what": "wire", "ours": "a/rps", "theirs": "b/rps", "at_least": 0.9, "possible": 1.05}
    verdict = goals.judge([goal], {"a": {"rps": 170.0}, "b": {"rps": 100.0}})[0]
    assert verdict.is_met is None
    assert verdict.reason == "not judged: more than is possible, so noise"


def test_the_best_turn_counts_unless_one_failed():
    """On the wire the turn with most requests is kept, and a turn with an error spoils the row."""
    turns = [{"rps": 100}, {"rps": 150}]
    assert choose_turn(turns) == {"rps": 150, "spread": 1.5}
    assert choose_turn([*turns, {"fault": "broken"}]) == {"fault": "broken"}


def test_goals_name_what_is_measured():
    """Every path of a goal leads to a case and a peer, or a row on the wire, that there is."""
    for goal in goals.load_goals():
        paths = [goal["ours"], goal.get("theirs", ""), *(other["theirs"] for other in goal.get("or", ()))]
        for parts in (path.split("/") for path in paths if path):
            if parts[0] == "inprocess":
                assert parts[2] in CASES
                assert parts[3] in PEERS
            elif parts[0] == "wire":
                assert parts[2] in {row.name for row in ROWS}
            elif parts[0] == "sockets":
                assert parts[2] in {row.name for row in SOCKET_ROWS}
            elif parts[0] == "slow":
                assert parts[1] in KINDS
                assert parts[2] in {row.name for row in SLOW_ROWS}
            else:
                assert parts[1] in PEERS


@pytest.mark.parametrize("results", [RESULTS, {}])
def test_the_plot_is_well_formed(results):
    """The plot is XML, has a title, and colours for light and dark pages."""
    text = plot.draw_plot(results)
    assert ET.fromstring(text).tag.endswith("svg")
    assert "prefers-color-scheme: dark" in text


def test_the_plot_has_a_bar_for_each_figure():
    """There is one bar for every framework of a case, and one in the legend."""
    assert plot.draw_plot(RESULTS).count('<rect class="demijohn"') == 3


def test_faults_are_listed():
    """Whatever gave a wrong answer is told at the end of a run."""
    assert find_faults(RESULTS) == [
        "plain, starlette: the status is 500",
        "plain on the wire, flask on Granian (WSGI): Socket errors: connect 1",
        "WebSockets, idle, asgi on uvicorn: 7 of 10000 sockets were refused or closed",
    ]


def test_what_wrk_prints_is_read():
    """Throughput and both latencies are read in whatever unit wrk chose."""
    output = """
  Latency Distribution
     50%  534.00us
     75%    1.10ms
     99%    1.50s
Requests/sec:  53404.12
"""
    assert parse_wrk(output) == {"rps": 53404, "p50_ms": 0.534, "p99_ms": 1500.0}


@pytest.mark.parametrize(
    "line", ["  Non-2xx or 3xx responses: 12", "  Socket errors: connect 0, read 3, write 0, timeout 0"]
)
def test_failed_requests_are_a_fault(line):
    """A run in which requests failed gives no figure."""
    assert line.strip() == parse_wrk(f"{line}\nRequests/sec: 100.0")["fault"]


def test_a_profile_gives_time_to_the_innermost_line():
    """Looks count for the innermost line of a request, and those outside of requests do not count."""
    stacks = "main (/b/m.py:3);time (/b/bench/drive.py:81);view (/b/v.py:7) 3\nmain (/b/m.py:1) 9\n"
    lines = parse_stacks(stacks)
    assert {place: dict(numbers) for place, numbers in lines.items()} == {("view", "/b/v.py"): {7: 3.0}}
    assert "2.000 µs 100.0%  view" in write_profile(lines, 2.0, "a title")


def test_a_worker_answers_commands():
    """A framework in its own interpreter opens a case, sends requests, and looks at its answer again."""
    with Worker("demijohn") as worker:
        assert worker.do("info")["compiled"] == []
        assert worker.do("open", case="plain")["seconds"] > 0
        assert worker.do("time", count=2)["seconds"] > 0
        assert worker.do("close") == {"fault": ""}
        assert "RuntimeError" in worker.do("time", count=1)["fault"]


def test_a_list_is_written_with_commas():
    """Names on the command line are separated by commas, with or without blanks."""
    assert ["flask", "falcon"] == split("flask, falcon,")
