"""The checks of an exercise, run on a student's file by the grader."""

from dataclasses import dataclass
from pathlib import Path

from ..grading.runner import Run, grade
from .manifest import Section

__all__ = ["Check", "ChecksFailed", "Result", "check"]


class ChecksFailed(RuntimeError):
    """The checks themselves could not be run; the message ends with the error."""


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

    Parameters
    ----------
    section : whose checks
    submission : the student's file; only a worker process imports it
    hints : how many of the three hints of a failed check its message shows

    Raises
    ------
    ChecksFailed
        Where the checks could not be collected or run.
    """
    try:
        (report,) = grade(section.checks, [Run(str(submission.absolute()), hints=hints)])
    except RuntimeError as error:
        lines = str(error).splitlines()
        told = "\n".join([line[1:].strip() for line in lines if line.startswith("E ")] or lines[-5:])
        raise ChecksFailed(f"{section.checks.name} could not be run: {told}") from error
    checks = (Check(**{name: entry[name] for name in Check.__annotations__}) for entry in report["checks"])
    return Result(report["points"], report["earned"], tuple(checks))
