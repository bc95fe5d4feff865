"""Say where the time of a request goes, line by line.

py-spy looks at an interpreter from outside, a thousand times a second, while
it answers one request over and over.  A trace function inside would be
simpler, and wrong: CPython runs other, slower instructions while it traces,
and a request of 5 µs took 18.  A line's figure is its own and that of the C
code it calls, so that the figures add up to the time of a request.

`python -m bench.profile <peer> <case> <seconds>` is the interpreter that is
looked at.
"""

from __future__ import annotations

import linecache
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from time import perf_counter

from .cases import CASES
from .peers import PEERS
from .process import ROOT, build_environment
from .subject import Subject, load_apps

SECONDS = 10.0
_RATE = 1000
_BATCH = 500
Frame = tuple[str, str, int]
Lines = dict[tuple[str, str], dict[int, float]]


def profile(peer: str, case: str, seconds: float = SECONDS) -> str:
    """Profile the requests of a case.

    Args:
        peer: Whose.
        case: Which.
        seconds: How long to look.

    Returns:
        A listing: for every function the lines in which time was spent, with
        microseconds of a request and share.

    Raises:
        RuntimeError: The app does not answer as it should, or the system
            does not let py-spy look.
    """
    subject = open_subject(peer, case)
    subject.driver.time(subject.request, _BATCH)
    alone = min(subject.driver.time(subject.request, _BATCH) for _ in range(20)) / _BATCH * 1e6
    subject.close()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stacks"
        spy = [str(Path(sys.executable).with_name("py-spy")), "record", "--rate", str(_RATE), "--format", "raw"]
        looked_at = [sys.executable, "-m", "bench.profile", peer, case, str(seconds)]
        command = [*spy, "--full-filenames", "--output", str(path), "--", *looked_at]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=build_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + 60,
        )
        if not path.exists():
            raise RuntimeError(f"py-spy saw nothing, maybe because the system forbids it: {done.stderr[-500:]}")
        lines = parse_stacks(path.read_text(encoding="utf-8"))
    return write_profile(lines, alone, f"{PEERS[peer].label}, {CASES[case].label}")


def open_subject(peer: str, case: str) -> Subject:
    """Build the app of a case and check its answer.

    Args:
        peer: Whose.
        case: Which.

    Returns:
        The subject, ready to be timed.

    Raises:
        RuntimeError: There is no such app, or its answer is wrong.
    """
    apps = load_apps(PEERS[peer])
    if case not in apps:
        raise RuntimeError(f"{PEERS[peer].label} has no case {case!r}: {apps.missing.get(case, 'it is a part')}")
    subject = Subject(PEERS[peer], CASES[case], apps[case]())
    if subject.fault:
        raise RuntimeError(f"{PEERS[peer].label} answers the case {case!r} wrongly: {subject.fault}")
    return subject


def parse_stacks(text: str) -> Lines:
    """Read what py-spy wrote: stacks, each with how often it was seen.

    Args:
        text: Outermost frame first, lines such as `main (/a.py:3);time (/drive.py:81);view (/b.py:7) 12`.

    Returns:
        How often each line was the innermost, by function and file; what was
        seen outside of requests is left out.
    """
    lines: Lines = defaultdict(lambda: defaultdict(float))
    for stack in text.splitlines():
        frames, _, count = stack.rpartition(" ")
        parsed = [_parse_frame(frame) for frame in frames.split(";") if frame]
        if any(file.endswith("bench/drive.py") and name.endswith("time") for name, file, _ in parsed):
            name, file, number = parsed[-1]
            lines[name, file][number] += int(count)
    return lines


def write_profile(lines: Lines, alone: float, title: str) -> str:
    """Write the listing.

    Args:
        lines: How often each line was seen.
        alone: Microseconds of a request that nobody looks at.
        title: What was profiled.

    Returns:
        Text; the function that takes most comes first.
    """
    sums = {place: sum(numbers.values()) for place, numbers in lines.items()}
    total = sum(sums.values()) or 1.0
    out = [f"{title}: {alone:.2f} µs a request, {total:.0f} looks"]
    for place in sorted(sums, key=lambda one: -sums[one]):
        share = sums[place] / total
        if share < 0.002:
            continue
        name, file = place
        out.append(f"\n{share * alone:7.3f} µs {share:6.1%}  {name}  {_shorten(file)}")
        for number, count in sorted(lines[place].items()):
            source = linecache.getline(file, number).rstrip()
            out.append(f"  {count / total * alone:7.3f} µs {count / total:6.1%} {number:5d} {source}")
    return "\n".join(out)


def _parse_frame(text: str) -> Frame:
    """Read a frame such as `view (/a/b.py:7)`; C frames have no file."""
    name, _, rest = text.rpartition(" (")
    file, _, number = rest.rstrip(")").rpartition(":")
    return (name, file, int(number)) if number.isdigit() else (text, "", 0)


def _shorten(file: str) -> str:
    for folder in ("/site-packages/", "/src/", f"{ROOT}/", "/lib/"):
        _, found, rest = file.rpartition(folder)
        if found:
            return rest
    return file


def main() -> None:
    """Answer one request over and over, to be looked at."""
    subject = open_subject(sys.argv[1], sys.argv[2])
    end = perf_counter() + float(sys.argv[3])
    while perf_counter() < end:
        subject.driver.time(subject.request, _BATCH)


if __name__ == "__main__":
    main()
