"""From a graded class to what is handed on: roster, a person's marks, likeness, and every format asked for."""
from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edugen.grading.batch import Store
from edugen.grading.formats import write
from edugen.grading.gradebook import Gradebook, Roster, pseudonym, read_roster
from edugen.grading.manual import harmless, read_marks, write_marks
from edugen.grading.plugin import write_atomically
from edugen.grading.proof import exercise_of
from edugen.grading.similarity import Pair, alike

__all__ = ["Handover", "hand_over"]


@dataclass(frozen=True)
class Handover:
    """What was written, and what waits for a person."""

    book: Gradebook
    paths: list[Path]
    waiting: int


def hand_over(store: Store, secret: bytes, checks: Mapping[str, Path], formats: Sequence[str], *, roster: Roster | None = None,
              manual: Path | None = None, anonymous: bool = False, likeness: bool = True) -> Handover:
    """Write a graded class in every format, and the table that a person fills in for the manual tasks.

    Parameters
    ----------
    store : the graded class
    secret : of which pseudonyms are made
    checks : the checks of each exercise, beside which stubs and perhaps solutions are
    formats : names of `edugen.grading.formats.FORMATS`
    roster : whose columns pass through
    manual : the table of manual tasks; by default `manual.csv` in the store's folder
    anonymous : a pseudonym in place of each student, in all that is written; `pseudonyms.csv` says who is who
    likeness : whether to compare submissions with each other and with the solution

    Raises
    ------
    ValueError
        when the table of manual tasks has something in it that is no mark, or a format cannot be anonymous
    """
    labels = {student: pseudonym(secret, student) for student in store.state["students"]} if anonymous else {}
    table = manual or store.folder / "manual.csv"
    known = {pseudonym(secret, student): student for student in store.state["students"]}
    marks = read_marks(table, known)
    book = Gradebook.of(store, secret, roster, marks, anonymous)
    sources = _sources(store)
    if likeness:
        book.similar = [pair for exercise in book.exercises for pair in _alike(exercise, checks.get(exercise), sources)]
    waiting = write_marks(table, store.records(), sources, marks, labels)
    paths = write(book, store.folder, list(formats))
    if anonymous:
        key, stream = store.folder / "pseudonyms.csv", io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows(
            [("pseudonym", "student"), *((label, harmless(who)) for who, label in sorted(labels.items()))])
        write_atomically(key, stream.getvalue())
        os.chmod(key, 0o600)
        paths.append(key)
    return Handover(book, [*paths, *([table] if table.exists() else [])], waiting)


def roster_of(path: Path | None, store: Store, column: str | None = None) -> Roster | None:
    """The roster in a file, matched with the students of a store."""
    return read_roster(path, list(store.state["students"]), column) if path is not None else None


def _sources(store: Store) -> dict[tuple[str, str], bytes]:
    found = {}
    for record in store.records():
        path = store.source(record["exercise"], record["student"])
        if record["sha256"] and path.exists():
            found[record["exercise"], record["student"]] = path.read_bytes()
    return found


def _alike(exercise: str, check: Path | None, sources: Mapping[tuple[str, str], bytes]) -> list[Pair]:
    mine = {student: source for (name, student), source in sources.items() if name == exercise}
    parts = exercise_of(check) if check is not None else None
    stub = parts.stub.read_bytes() if parts is not None and parts.stub.exists() else b""
    solution = parts.solution.read_bytes() if parts is not None and parts.solution.exists() else None
    return alike(exercise, mine, stub, solution)
