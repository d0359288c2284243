"""The name of a mistake: a mutant of the exercise that gives, to the same question, the same wrong answer.

The mutants are run where they are (in a clone, or with an instructor's private exercises). Elsewhere there is a file beside the
checks, `mistakes_<stem>.json`: the name of each mistake and a fingerprint of its answers, by which a student's own copy knows
it without holding any code that makes it. `edugen prove` writes the file, and the proof of an exercise finds it out of date.
All of it happens on the visible seed, "0": a submission that failed on official numbers is asked once more, on those.
"""
from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from edugen.grading.mistakes import SEED, Mistake, alike, answers_file, in_words, mistake, remembered
from edugen.grading.proof import exercise_of, inlined, mutant_of
from edugen.grading.runner import Run

__all__ = ["Misconceptions"]


class Grades(Protocol):
    """What a session does."""

    def grade(self, run: Run) -> dict[str, Any]: ...


class Misconceptions:
    """The known mistakes of an exercise. Each check's are run when first asked for, and remembered.

    Parameters
    ----------
    check : the file check_<stem>.py; where its exercise has no mutants, the file of their answers beside it is read
    """

    def __init__(self, check: Path) -> None:
        exercise = exercise_of(Path(check).resolve())
        self._lock = threading.Lock()
        self._sources: list[tuple[str, frozenset[str], str]] = []
        self._known: dict[str, list[Mistake]] = {}
        if exercise.solution.exists():
            solution = exercise.solution.read_text(encoding="utf-8")
            self._sources = [(in_words(path), mutant_of(path), inlined(path.read_text(encoding="utf-8"), solution))
                             for path in exercise.mutants]
        else:
            self._known = remembered(answers_file(Path(check)))

    def __bool__(self) -> bool:
        return bool(self._sources or self._known)

    def of(self, check: str, session: Grades) -> list[Mistake]:
        """What the mutants that a check must catch answer to it."""
        with self._lock:
            if check not in self._known:
                self._known[check] = list(self._run(check, session))
            return self._known[check]

    def _run(self, check: str, session: Grades) -> Sequence[Mistake]:
        found = []
        for says, fails, source in self._sources:
            if check in fails:
                with tempfile.TemporaryDirectory(prefix="edugen-mutant-") as folder:
                    path = Path(folder, "mutant.py")
                    path.write_text(source, encoding="utf-8")
                    report = session.grade(Run(str(path), SEED, fresh=False, only=(check,)))
                found += [mistake(says, entry) for entry in report["checks"] if entry["name"] == check and entry["answers"]]
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
                for known in self.of(again["name"], session):
                    if alike(known, mistake("", again)):
                        entry = failed[again["name"]]
                        entry["misconception"] = known["says"]
                        entry["message"] = with_name(entry["message"], known["says"])
                        break


def with_name(message: str, says: str) -> str:
    """A message with the name of the mistake in it, before the account of the call."""
    lines = message.split("\n")
    after = ("Called: ", "Your code printed:", "Hint ", "Stuck?")
    at = next((i for i, line in enumerate(lines) if line.startswith(after)), len(lines))
    return "\n".join([*lines[:at], f"A known mistake gives the same answer: {says}.", *lines[at:]])
