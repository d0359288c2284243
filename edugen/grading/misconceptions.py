"""The name of a mistake: a mutant of the exercise that gives, to the same question, the same wrong answer.

The mutants are run where they are (in a clone, or with an instructor's private exercises); `edugen release` writes their
answers to a file beside the checks, so that a student's own copy can name a mistake without holding any code that makes it.
All of it happens on the visible seed, "0": a submission that failed on official numbers is asked once more, on those.
"""
from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from edugen.grading.fingerprint import same_answer
from edugen.grading.proof import exercise_of, inlined, mutant_of
from edugen.grading.runner import Run

__all__ = ["SEED", "Mistake", "Misconceptions", "answers_file", "in_words"]

SEED = "0"
Mistake = dict[str, Any]        # says: what it is called; item: what it failed; answers; first: line of the failure


class Grades(Protocol):
    """What a session does."""

    def grade(self, run: Run) -> dict[str, Any]: ...


def answers_file(check: Path) -> Path:
    """Where a release keeps the answers of the mutants."""
    return check.with_name(f"mistakes_{check.stem.removeprefix('check_')}.json")


def in_words(path: Path) -> str:
    """What a mutant does: its line `# says: ...`, or the words of its name.

    Examples
    --------
    >>> in_words(Path("forgets_the_minus.py"))
    'forgets the minus'
    """
    lines = path.read_text(encoding="utf-8").splitlines()[:3] if path.exists() else []
    said = [line.removeprefix("# says:").strip() for line in lines if line.startswith("# says:")]
    return said[0] if said else path.stem.replace("_", " ")


class Misconceptions:
    """The known mistakes of an exercise. Each check's are run when first asked for, and remembered.

    Parameters
    ----------
    check : the file check_<stem>.py
    known : answers from a release, by check; by default the file beside the checks, or else the mutants are run
    """

    def __init__(self, check: Path, known: dict[str, list[Mistake]] | None = None) -> None:
        exercise, file = exercise_of(Path(check).resolve()), answers_file(check)
        self._lock = threading.Lock()
        self._sources: list[tuple[str, frozenset[str], str]] = []
        self._known: dict[str, list[Mistake]] = known or {}
        if known is None and exercise.solution.exists():
            solution = exercise.solution.read_text(encoding="utf-8")
            self._sources = [(in_words(path), mutant_of(path), inlined(path.read_text(encoding="utf-8"), solution))
                             for path in exercise.mutants]
        elif known is None and file.exists():
            self._known = json.loads(file.read_text(encoding="utf-8"))

    def __bool__(self) -> bool:
        return bool(self._sources or self._known)

    def of(self, check: str, session: Grades) -> list[Mistake]:
        """What the mutants that a check must catch answer to it."""
        with self._lock:
            if check not in self._known:
                self._known[check] = list(self._run(check, session))
            return self._known[check]

    def all(self, session: Grades) -> dict[str, list[Mistake]]:
        """Every mutant's answer, by check: what a release keeps."""
        checks = sorted({check for _, fails, _ in self._sources for check in fails} | set(self._known))
        return {check: found for check in checks if (found := self.of(check, session))}

    def _run(self, check: str, session: Grades) -> Sequence[Mistake]:
        found = []
        for says, fails, source in self._sources:
            if check in fails:
                with tempfile.TemporaryDirectory(prefix="edugen-mutant-") as folder:
                    path = Path(folder, "mutant.py")
                    path.write_text(source, encoding="utf-8")
                    report = session.grade(Run(str(path), SEED, fresh=False, only=(check,)))
                found += [{"says": says, "item": entry["item"], "answers": entry["answers"], "first": first_line(entry)}
                          for entry in report["checks"] if entry["name"] == check and entry["answers"]]
        return found

    def name(self, report: dict[str, Any], session: Grades, run: Run, only: Sequence[str] | None = None) -> None:
        """Write the name of a known mistake into the failed checks of a report, and into what the student reads.

        Parameters
        ----------
        report : of `run`; changed in place
        session : that can run it again
        only : the checks to look at; by default all that failed
        """
        failed = {entry["name"]: entry for entry in report["checks"]
                  if entry["status"] == "failed" and entry["answers"] and (only is None or entry["name"] in only)}
        if not failed or not self:
            return
        asked = report
        if run.seed != SEED:
            asked = session.grade(Run(run.submission, SEED, fresh=False, tier=run.tier, only=tuple(failed)))
        for again in asked["checks"]:
            if again["name"] in failed and again["answers"]:
                for mistake in self.of(again["name"], session):
                    if alike(mistake, again):
                        entry = failed[again["name"]]
                        entry["misconception"] = mistake["says"]
                        entry["message"] = with_name(entry["message"], mistake["says"])
                        break


def first_line(entry: dict[str, Any]) -> str:
    """What failed, in its shortest form."""
    return entry["message"].partition("\n")[0]


def alike(mistake: Mistake, entry: dict[str, Any]) -> bool:
    """Whether a failed check was failed in the same way, by the same answers to the same calls."""
    return (mistake["item"] == entry["item"] and mistake["first"] == first_line(entry)
            and len(mistake["answers"]) == len(entry["answers"])
            and all(a == b and same_answer(x, y) for (a, x), (b, y) in zip(mistake["answers"], entry["answers"])))


def with_name(message: str, says: str) -> str:
    """A message with the name of the mistake in it, before the account of the call."""
    lines = message.split("\n")
    after = ("Called: ", "Your code printed:", "Hint ", "Stuck?")
    at = next((i for i, line in enumerate(lines) if line.startswith(after)), len(lines))
    return "\n".join([*lines[:at], f"A known mistake gives the same answer: {says}.", *lines[at:]])
