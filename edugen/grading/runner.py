"""Many submissions through one pytest session: the checks are collected once, then run against each submission in turn.

The session is a process of its own (`python -m edugen.grading.runner`), without pytest's other plugins, settings or
conftest files, so that nothing about the place it is run from changes a mark.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from edugen.grading.plugin import GRADER

__all__ = ["Run", "grade"]


@dataclass(frozen=True)
class Run:
    """One submission with one seed.

    `fresh` gives each check a worker that no other check has used; otherwise the checks share one as long as it lives,
    which is faster and is for code that we wrote. `hints` is how many of its three hints a failed check shows.
    """

    submission: str
    seed: str = "0"
    fresh: bool = True
    hints: int = 0


def grade(check: Path, runs: Sequence[Run], jobs: int = 1) -> list[dict[str, Any]]:
    """The report of each run, as `--report` writes it, in order.

    Parameters
    ----------
    check : the file check_<stem>.py
    runs : submissions and seeds
    jobs : sessions side by side

    Raises
    ------
    RuntimeError
        when the checks themselves cannot be run, with what pytest said
    """
    parts = [runs[i::jobs] for i in range(jobs)]
    reports: list[Any] = [None] * len(runs)
    with ThreadPoolExecutor(jobs) as executor:
        for i, part in enumerate(executor.map(lambda part: _session(check, part) if part else [], parts)):
            reports[i::jobs] = part
    return reports


def _session(check: Path, runs: Sequence[Run]) -> list[dict[str, Any]]:
    root = str(Path(__file__).parents[2])
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_XDIST_WORKER")}
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    with tempfile.TemporaryDirectory(prefix="edugen-grade-") as folder:
        job, out = Path(folder, "job.json"), Path(folder, "reports.json")
        job.write_text(json.dumps({"check": str(check.resolve()), "runs": [asdict(run) for run in runs], "out": str(out)}))
        done = subprocess.run([sys.executable, "-m", "edugen.grading.runner", str(job)], cwd=folder, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              env={**inherited, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1",
                                   "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
        if not out.exists():
            raise RuntimeError(f"the checks in {check} could not be run:\n{done.stdout[-4000:]}")
        return json.loads(out.read_text(encoding="utf-8"))


class Session:
    """A pytest plugin that runs the collected checks once per submission."""

    def __init__(self, runs: list[Run]) -> None:
        self.runs = runs
        self.reports: list[dict[str, Any]] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        if session.testsfailed:
            raise session.Interrupted("the checks could not be collected")
        grader = session.config.stash[GRADER]
        for run in self.runs:
            grader.submission, grader.seed, grader.fresh, grader.hints = Path(run.submission), run.seed, run.fresh, run.hints
            grader.open(session.items)
            if not grader.scores:
                raise pytest.UsageError("no checks were found: a grade of nothing is not a grade")
            for i, item in enumerate(session.items):
                after = session.items[i + 1] if i + 1 < len(session.items) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            self.reports.append(grader.report())
        return True


def main(job: str) -> None:
    """Do what a job file says."""
    order = json.loads(Path(job).read_text(encoding="utf-8"))
    check, settings = Path(order["check"]), Path(job).with_name("pytest.ini")
    settings.write_text("[pytest]\n")
    session = Session([Run(**run) for run in order["runs"]])
    options = ["-p", "edugen.grading.plugin", "-p", "no:cacheprovider", "--noconftest", "--import-mode=importlib",
               "-c", str(settings), "--rootdir", str(check.parent), "-q", "--disable-warnings", "--tb=short"]
    pytest.main([str(check), *options], plugins=[session])
    if len(session.reports) == len(session.runs):
        Path(order["out"]).write_text(json.dumps(session.reports), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
