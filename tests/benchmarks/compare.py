"""Timing two sides against each other:  python tests/benchmarks/compare.py engine [--processes 7] [--write]

Two thread pools in one process measure their fight, and a machine drifts. So each measurement is a process of its own, the sides
alternate A B A B, and a row is the ratio of the medians. The sides return their result too, which must agree before times count.
"""
from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
THREADS = os.environ.get("OMP_NUM_THREADS", "2")                        # of each side: OMP_NUM_THREADS=1 python compare.py ...


def seconds_a_call(f: Callable, at_least: float = 0.4) -> float:
    """Median over repeats of the mean time of a call, after a warm-up."""
    f()
    start, n = time.perf_counter(), 0
    while time.perf_counter() - start < at_least / 4:
        f()
        n += 1
    n = max(n // 4, 1)
    repeats = []
    while sum(repeats) * n < at_least or len(repeats) < 5:
        start = time.perf_counter()
        for _ in range(n):
            f()
        repeats.append((time.perf_counter() - start) / n)
    return statistics.median(repeats)


def measure(suite: str, row: str, side: str) -> dict:
    """One process: set up one side of one row, take its result, then its time."""
    environment = os.environ | {"OMP_NUM_THREADS": THREADS, "OPENBLAS_NUM_THREADS": THREADS, "NUMBA_NUM_THREADS": THREADS,
                                "OPENBLAS_THREAD_TIMEOUT": "4"}           # as the course starts its kernels
    done = subprocess.run([sys.executable, __file__, suite, "--row", row, "--side", side], env=environment, capture_output=True,
                          text=True)
    if done.returncode:
        raise RuntimeError(f"{row} / {side} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def compare(suite: str, rows: dict, processes: int) -> list[dict]:
    """A B A B for every row."""
    table = []
    for row, (sides, goal, note) in rows.items():
        runs: dict[str, list[dict]] = {side: [] for side in sides}
        for _ in range(processes):
            for side in sides:
                runs[side].append(measure(suite, row, side))
        results = [runs[side][0]["result"] for side in sides]
        if all(r is not None for r in results):
            np.testing.assert_allclose(results[0], results[1], rtol=1e-3, err_msg=f"{row}: the sides disagree")
        times = {side: [r["seconds"] for r in runs[side]] for side in sides}
        medians = [statistics.median(times[side]) for side in sides]
        table.append({"row": row, "sides": list(sides), "medians": medians, "spread": [[min(t), max(t)] for t in times.values()],
                      "ratio": medians[0] / medians[1], "goal": goal, "note": note})
        print(line(table[-1]), flush=True)
    return table


def line(r: dict) -> str:
    """One row of the table."""
    def timing(m, spread):
        return f"{1e6 * m:.4g} µs ({1e6 * spread[0]:.4g} to {1e6 * spread[1]:.4g})"
    ours, peer = (timing(m, s) for m, s in zip(r["medians"], r["spread"], strict=True))
    value = f"{1e6 * (r['medians'][0] - r['medians'][1]):.2f} µs more" if r["note"] == "difference" else f"{r['ratio']:.2f}"
    return f"| {r['row']} | {r['sides'][0]} {ours} | {r['sides'][1]} {peer} | {value} | {r['goal']} |"


def head(processes: int) -> str:
    """Machine, versions and threads."""
    def of(package):
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"no {package}"
    packages = ", ".join(of(p) for p in ("numpy", "torch", "numba"))
    return (f"{platform.machine()}, {os.cpu_count()} cores, {THREADS} threads, OPENBLAS_THREAD_TIMEOUT=4, "
            f"Python {platform.python_version()}, {packages}; medians over {processes} processes a side, alternating, "
            "with their range.\n\n"
            "| row | ours | peer | ours/peer | goal |\n|---|---|---|---|---|\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", help="a file beside this one, without .py")
    parser.add_argument("--processes", type=int, default=7, help="of each side, at least 5 for a table")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--write", action="store_true", help="write the table beside the suite, as .md")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    spec = importlib.util.spec_from_file_location(arguments.suite, HERE / f"{arguments.suite}.py")
    suite = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(suite)
    if arguments.row:
        step, result = suite.ROWS[arguments.row][0][arguments.side]()
        first = result()
        print(json.dumps({"result": first, "seconds": seconds_a_call(step)}))
        return
    rows = {k: v for k, v in suite.ROWS.items() if arguments.only in k}
    print(head(arguments.processes), end="")
    table = compare(arguments.suite, rows, arguments.processes)
    if arguments.write:
        text = f"# {suite.__doc__.splitlines()[0]}\n\n" + head(arguments.processes) + "\n".join(map(line, table)) + "\n"
        (HERE / f"{arguments.suite}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
