"""Timing ours against others:  python tests/benchmarks/compare.py SUITE [--only WORDS] [--write]

Two thread pools in one process measure their fight, and a machine drifts. So each measurement is a process of its own, the sides
alternate A B A B, and a row is the ratio of the medians. The sides return their result too, which must agree before times count.

    python tests/benchmarks/compare.py gibbs                        measure the rows of gibbs.py
    python tests/benchmarks/compare.py gibbs --only Ising --best    some of them, fastest repeats: for work on a busy machine
    python tests/benchmarks/compare.py gibbs --write                and keep the table, in gibbs.md
    python tests/benchmarks/compare.py all --write                  every suite
    python tests/benchmarks/compare.py readme                       gather the tables of all suites in README.md

A suite is a file beside this one: a docstring whose first line is the title, and ROWS, {name of the row: a dict} with

    sides    {"edugen": side, "torch": side, ...}: ours first, then any number of peers, and the fastest counts; none with "s"
    goal     the largest ratio that we want (None: no goal)
    unit     "ratio" (the default); "µs more", a difference; or "s", seconds of our only side
    group    rows of a group share a line with their geometric mean, whose goal is GROUPS[group]
    note     how far from the goal, and why; or in NOTES, {name of a row or a group: note}
    close    how far results may be apart, relative to the largest entry (1e-3)
    once     True: the first call is timed, not the repeated one

A side is a function that prepares its data and returns `step, result`: step() is timed, and result() gives what is to be
compared, anything that np.asarray takes, or None.
"""
from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).parent
THREADS = os.environ.get("OMP_NUM_THREADS", "2")                        # of each side: OMP_NUM_THREADS=1 python compare.py ...
COLUMNS = "| row | ours | peer | ours/peer | goal | note |\n|---|---|---|---|---|---|\n"
START, END = "<!-- benchmarks: written by `python tests/benchmarks/compare.py readme` -->", "<!-- end of benchmarks -->"


# One measurement, in a process of its own ---------------------------------------------------------------------------------

def seconds_a_call(f: Callable, at_least: float) -> tuple[float, float]:
    """Median and minimum over repeats of the mean time of a call, after a warm-up."""
    f()
    start, n = time.perf_counter(), 0
    while time.perf_counter() - start < at_least / 4:
        f()
        n += 1
    n = max(n // 4, 1)
    repeats: list[float] = []
    while sum(repeats) * n < at_least or len(repeats) < 5:
        start = time.perf_counter()
        for _ in range(n):
            f()
        repeats.append((time.perf_counter() - start) / n)
    return statistics.median(repeats), min(repeats)


def first_call(f: Callable) -> tuple[float, float]:
    """Seconds of the first call."""
    start = time.perf_counter()
    f()
    seconds = time.perf_counter() - start
    return seconds, seconds


def load(suite: str) -> ModuleType:
    """The suite of that name."""
    spec = importlib.util.spec_from_file_location(suite, HERE / f"{suite}.py")
    if spec is None or spec.loader is None or not (HERE / f"{suite}.py").is_file():
        raise SystemExit(f"there is no suite {suite!r}; there are {', '.join(suites())}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def suites() -> list[str]:
    """The names of all suites: the files here with ROWS."""
    return sorted(p.stem for p in HERE.glob("*.py") if not p.name.startswith("test_")
                  and re.search(r"^ROWS\b", p.read_text(encoding="utf-8"), re.MULTILINE))


def child(suite: str, row: str, side: str, file: str, seconds: float) -> None:
    """Set up one side of one row, keep its result, then its time."""
    entry = load(suite).ROWS[row]
    step, result = entry["sides"][side]()
    if entry.get("once"):
        median, least = first_call(step)
        value = result()
    else:
        value = result()
        median, least = seconds_a_call(step, seconds)
    if value is not None:
        np.save(file, np.asarray(value))
    print(json.dumps({"median": median, "least": least}))


def measure(suite: str, row: str, side: str, seconds: float) -> dict:
    """One process: {"result": array or None, "median": seconds, "least": seconds}."""
    environment = os.environ | {"OMP_NUM_THREADS": THREADS, "OPENBLAS_NUM_THREADS": THREADS, "NUMBA_NUM_THREADS": THREADS,
                                "OPENBLAS_THREAD_TIMEOUT": "4"}           # as the course starts its kernels
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.npy"
        done = subprocess.run([sys.executable, __file__, suite, "--row", row, "--side", side, "--file", str(file),
                               "--seconds", str(seconds)], env=environment, capture_output=True, text=True)
        if done.returncode:
            hint = '\nPeers are installed by  pip install -e ".[bench]"' if "ModuleNotFoundError" in done.stderr else ""
            raise RuntimeError(f"{row} / {side} failed:\n{done.stderr}{hint}")
        return json.loads(done.stdout.splitlines()[-1]) | {"result": np.load(file) if file.exists() else None}


# A table --------------------------------------------------------------------------------------------------------------

def compare(suite: str, only: str = "", processes: int = 5, best: bool = False, seconds: float = 0.4) -> list[str]:
    """A B A B for every row; the lines of the table, each printed when it is there."""
    module = load(suite)
    groups: dict[str, list[float]] = {}
    lines = []
    for row, entry in module.ROWS.items():
        if only not in row:
            continue
        runs: dict[str, list[dict]] = {side: [] for side in entry["sides"]}
        for _ in range(processes):
            for side in runs:
                runs[side].append(measure(suite, row, side, seconds))
        agree(row, [r[0]["result"] for r in runs.values()], list(runs), entry.get("close", 1e-3))
        times = {side: [r["least" if best else "median"] for r in of_side] for side, of_side in runs.items()}
        ratio, text = line(row, entry | {"note": noted(module, row)},
                           {side: (min(t) if best else statistics.median(t), min(t), max(t)) for side, t in times.items()})
        groups.setdefault(entry.get("group", ""), []).append(ratio)
        lines.append(text)
        print(text, flush=True)
    for group, ratios in groups.items():
        if group:
            mean, goal = math.exp(statistics.fmean(map(math.log, ratios))), module.GROUPS[group]
            note = noted(module, group)
            lines.append(f"| {group}: geometric mean of {len(ratios)} | | | {mean:.2f} | {limit(goal, 'ratio')} | {note} |")
            print(lines[-1], flush=True)
    return lines


def noted(module: ModuleType, name: str) -> str:
    """What a suite says of a row or a group."""
    return getattr(module, "NOTES", {}).get(name, module.ROWS.get(name, {}).get("note", ""))


def agree(row: str, results: list, sides: list[str], close: float) -> None:
    """Refuse to compare the times of results that differ by more than `close` times the largest entry."""
    for side, theirs in zip(sides[1:], results[1:], strict=True):
        if results[0] is not None and theirs is not None:
            np.testing.assert_allclose(results[0], theirs, rtol=0, atol=close * np.abs(theirs).max(initial=0),
                                       err_msg=f"{row}: the sides disagree, {sides[0]} and {side}")


def line(row: str, entry: dict, times: dict[str, tuple[float, float, float]]) -> tuple[float, str]:
    """Ratio, and a row of the table: each side's median and range, and where the goal is missed, a note of why."""
    unit, goal = entry.get("unit", "ratio"), entry["goal"]
    (ours, *_), peers = next(iter(times.values())), list(times.items())[1:]
    cells = [f"{side} {duration(m)} ({number(low, m)} to {number(high, m)})" for side, (m, low, high) in times.items()]
    peer = min((m for _, (m, *_) in peers), default=math.nan)
    value = {"ratio": ours / peer, "µs more": 1e6 * (ours - peer), "s": ours}[unit]
    shown = f"{value:.2f}" if unit == "ratio" else f"{value:.2f} {unit}"
    return value, "| " + " | ".join([row, cells[0], ", ".join(cells[1:]), shown, limit(goal, unit), entry.get("note", "")]) + " |"


def limit(goal: float | None, unit: str) -> str:
    """A goal as the table shows it."""
    return "" if goal is None else f"≤ {goal}" + ("" if unit == "ratio" else f" {unit}")


def duration(seconds: float) -> str:
    """Three digits and a unit: 1.36 µs, 24.1 ms."""
    return f"{number(seconds, seconds)} {_unit(seconds)[0]}"


def number(seconds: float, like: float) -> str:
    """Three digits in the unit that suits `like`."""
    value = seconds / _unit(like)[1]
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}" if value > 0 else "0"


def _unit(seconds):
    return next(((unit, size) for unit, size in (("s", 1.0), ("ms", 1e-3)) if seconds >= size), ("µs", 1e-6))


def head(processes: int) -> str:
    """Machine, versions and threads."""
    def of(package):
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"no {package}"
    packages = ", ".join(of(p) for p in ("numpy", "numba", "scikit-learn", "torch"))
    return (f"{processor()}, {os.cpu_count()} cores, {THREADS} threads a side, OPENBLAS_THREAD_TIMEOUT=4, "
            f"Python {platform.python_version()}, {packages}; medians over {processes} processes a side, alternating, "
            "with their range.")


def processor() -> str:
    """The processor's name where the system tells it, else its architecture."""
    try:
        names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        names = []
    return f"{names[0].strip()} ({platform.machine()})" if names else platform.processor() or platform.machine()


def title(suite: str) -> str:
    """First line of the suite's docstring."""
    return (load(suite).__doc__ or suite).strip().splitlines()[0]


# README ---------------------------------------------------------------------------------------------------------------

def gathered() -> str:
    """The tables of all suites as one, without the ranges; machine and versions above it, each once."""
    heads: dict[str, list[str]] = {}
    rows = []
    for suite in suites():
        file = HERE / f"{suite}.md"
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8").splitlines()
        name = text[0].removeprefix("# ").split(":")[0].rstrip(".")
        heads.setdefault(text[2], []).append(name)
        rows += [f"| **{name}** | | | | | |", *(re.sub(r" \([\d.]+ to [\d.]+\)", "", r) for r in text[6:] if r)]
    said = [h if len(heads) == 1 else f"{', '.join(names)}: {h}" for h, names in heads.items()]
    said = [h.replace(", with their range.", ".") for h in said]
    return "\n\n".join(said) + "\n\n" + COLUMNS + "\n".join(rows) + "\n"


def with_table(readme: str) -> str:
    """README with the table between the two comments."""
    before, rest = readme.split(START)
    return f"{before}{START}\n\n{gathered()}\n{END}{rest.split(END)[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", help=f"{', '.join(suites())}; all of them; or readme")
    parser.add_argument("--processes", type=int, default=5, help="of each side, at least 5 for a table")
    parser.add_argument("--seconds", type=float, default=0.4, help="of timing in each process, at least")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--best", action="store_true", help="minima in place of medians, which a busy machine spoils; no --write")
    parser.add_argument("--write", action="store_true", help="write the table beside the suite, as .md")
    for hidden in ("--row", "--side", "--file"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.row:
        return child(arguments.suite, arguments.row, arguments.side, arguments.file, arguments.seconds)
    if arguments.suite == "readme":
        readme = HERE.parents[1] / "README.md"
        readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
        return None
    if arguments.write and (arguments.best or arguments.only):
        parser.error("--write is for whole tables of medians, without --best and --only")
    for suite in suites() if arguments.suite == "all" else [arguments.suite]:
        top = f"# {title(suite)}\n\n{head(arguments.processes)}\n\n{COLUMNS}"
        print(top, end="", flush=True)
        lines = compare(suite, arguments.only, arguments.processes, arguments.best, arguments.seconds)
        if arguments.write:
            (HERE / f"{suite}.md").write_text(top + "\n".join(lines) + "\n", encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
