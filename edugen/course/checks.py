"""The checks of an exercise, run on a student's file by pytest in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from .manifest import Section

__all__ = ["Check", "ChecksFailed", "Result", "check"]


class ChecksFailed(RuntimeError):
    """The checks themselves could not be run; the message ends with what pytest said."""


@dataclass(frozen=True)
class Check:
    """One check: what it is worth, what it earned, its status, and if it did not pass, why."""

    name: str
    points: int
    earned: int
    status: str
    message: str


@dataclass(frozen=True)
class Result:
    """The checks of one exercise, in the order of their file."""

    points: int
    earned: int
    checks: tuple[Check, ...]

    @property
    def next(self) -> Check | None:
        """The first check that did not pass."""
        return next((check for check in self.checks if check.status != "passed"), None)


def check(section: Section, submission: Path, hints: int = 0) -> Result:
    """Run the checks of a section on the file of a student.

    Neither pytest's settings and plugins nor anything else about the place we stand in changes the result.

    Parameters
    ----------
    section : whose checks
    submission : the student's file; it is imported in yet another process
    hints : how many of the three hints of a failed check its message shows

    Raises
    ------
    ChecksFailed
        Where pytest ended without a report.
    """
    ours = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings, report = Path(folder, "pytest.ini"), Path(folder, "report.json")
        settings.write_text("[pytest]\n")
        done = subprocess.run(
            [
                sys.executable, "-m", "pytest", str(section.checks), "-p", "edugen.grading.plugin",
                "--submission", str(submission.absolute()), "--report", str(report), "--hints", str(hints),
                "-c", str(settings), "--rootdir", str(section.checks.parent), "--noconftest", "--import-mode=importlib",
                "-p", "no:cacheprovider", "-q", "--tb=short",
            ],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            text=True, encoding="utf-8", errors="replace",
            env=environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
        )
        if not report.exists():
            lines = done.stdout.strip().splitlines()
            told = "\n".join([line[1:].strip() for line in lines if line.startswith("E ")] or lines[-5:])
            raise ChecksFailed(f"{section.checks.name} could not be run (pytest {pytest.__version__}): {told}")
        found = json.loads(report.read_text(encoding="utf-8"))
    checks = (Check(**{name: entry[name] for name in Check.__annotations__}) for entry in found["checks"])
    return Result(found["points"], found["earned"], tuple(checks))
