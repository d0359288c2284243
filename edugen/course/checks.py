"""The checks of an exercise: its tasks and their hints, read from the file; and run on a student's file by the grader."""

import ast
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .manifest import Section

__all__ = ["Check", "Checker", "ChecksFailed", "Result", "Task", "tasks"]


class ChecksFailed(RuntimeError):
    """The checks themselves could not be read or run; the message ends with the error."""


@dataclass(frozen=True)
class Task:
    """A task of an exercise, as its check describes it: its name, what it is worth, and its hints."""

    name: str
    points: int
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """One check: what it is worth, what it earned, its status, and if it did not pass, why."""

    name: str
    points: int
    earned: int
    status: str
    message: str

    @property
    def task(self) -> str:
        """The task that it checks.

        >>> Check("test_margin_loss", 3, 0, "failed", "").task
        'margin_loss'
        """
        return self.name.removeprefix("test_")


@dataclass(frozen=True)
class Result:
    """The checks of one exercise, in the order of their file; `manual` are the tasks that only a person can grade."""

    points: int
    earned: int
    checks: tuple[Check, ...]
    manual: tuple[str, ...] = ()

    @property
    def next(self) -> Check | None:
        """The first check that did not pass."""
        return next((check for check in self.checks if check.status != "passed"), None)

    @property
    def passed(self) -> tuple[str, ...]:
        """The tasks whose checks passed."""
        return tuple(check.task for check in self.checks if check.status == "passed")

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def tasks(section: Section, checks: Path | None = None) -> tuple[Task, ...]:
    """The tasks of a section's exercise, from the marks in the file of its checks (the course's, or another), which is not run.

    Raises
    ------
    ChecksFailed
        Where the file is missing, or is not Python, or a mark is not written out.

    Examples
    --------
    >>> from .manifest import course
    >>> tasks(course().find("losses"))[0].name
    'error_rate'
    """
    checks = checks or section.checks
    try:
        body = ast.parse(checks.read_text(encoding="utf-8")).body
        found = []
        for function in (node for node in body if isinstance(node, ast.FunctionDef)):
            calls = [mark for mark in function.decorator_list if isinstance(mark, ast.Call)]
            marks = {mark.func.attr: [ast.literal_eval(argument) for argument in mark.args] for mark in calls
                     if isinstance(mark.func, ast.Attribute) and mark.func.attr in ("points", "hint")}
            if "points" in marks:
                found.append(Task(function.name.removeprefix("test_"), marks["points"][0], tuple(marks.get("hint", ()))))
    except (OSError, SyntaxError, ValueError) as error:
        raise ChecksFailed(f"{checks} cannot be read: {error}") from error
    return tuple(found)


class Checker:
    """Runs checks, and keeps them ready: the second time a section is checked nothing has to start. A context manager.

    Examples
    --------
    >>> from .manifest import course
    >>> section = course().find("losses")
    >>> with Checker() as checker:
    ...     checker.check(section, section.exercise).earned
    0
    """

    def __init__(self) -> None:
        self._sessions: dict[str, Any] = {}
        self._mistakes: dict[str, Any] = {}

    def __enter__(self) -> "Checker":
        return self

    def __exit__(self, error: object, *_: object) -> None:
        for session in self._sessions.values():
            session.close(now=True)
        self._sessions.clear()

    def check(self, section: Section, submission: Path, checks: Path | None = None) -> Result:
        """Run the checks of a section on the file of a student. The first failure is given its name, if it is a known mistake.

        Parameters
        ----------
        section : whose checks
        submission : the student's file; only a worker process imports it
        checks : by default the course's

        Raises
        ------
        ChecksFailed
            Where the checks could not be collected or run.
        """
        from ..grading.misconceptions import Misconceptions
        from ..grading.runner import Run, Session

        run, checks = Run(str(submission.absolute())), checks or section.checks
        try:
            if section.stem not in self._sessions:
                self._sessions[section.stem] = Session(checks)
            session = self._sessions[section.stem]
            report = session.grade(run)
            first = [entry["name"] for entry in report["checks"] if entry["status"] != "passed"][:1]
            self._mistakes.setdefault(section.stem, Misconceptions(checks)).name(report, session, run, only=first)
        except RuntimeError as error:
            if section.stem in self._sessions:
                self._sessions.pop(section.stem).close(now=True)
            lines = str(error).splitlines()
            told = "\n".join([line[1:].strip() for line in lines if line.startswith("E ")] or lines[-5:])
            raise ChecksFailed(f"{checks.name} could not be run: {told}") from error
        done = (Check(**{name: entry[name] for name in Check.__annotations__}) for entry in report["checks"])
        manual = tuple(task["name"].removeprefix("test_") for task in report.get("manual", ()))
        return Result(report["points"], report["earned"], tuple(map(_for_a_student, done)), manual)


def _for_a_student(check: Check) -> Check:
    """Without the line that tells those who run pytest how to see a hint: here the command for it is `edugen hint`."""
    message = re.sub(r"(\A|\n)Stuck\? Run this with --hints.*", "", check.message)
    return Check(check.name, check.points, check.earned, check.status, message)
