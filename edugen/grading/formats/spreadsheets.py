"""Tables: everything as CSV, and the columns that the gradebooks of Canvas and Moodle read."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from edugen.grading.gradebook import Gradebook, Row
from edugen.grading.manual import harmless
from edugen.grading.plugin import write_atomically

__all__ = ["write_canvas", "write_csv", "write_moodle"]

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")        # in this order, before the assignments
MOODLE = ("Email address", "ID number", "Username", "Identifier")           # any of them names a user


def write_csv(book: Gradebook, folder: Path) -> list[Path]:
    """`scores.csv`, a line a student, with the roster's own columns; `checks.csv`, a line a check."""
    passed_on = [c for c in (book.roster.columns if book.roster else ()) if c not in ("student", "name")]
    columns = ["student", "name", *passed_on]
    for exercise in book.exercises:
        columns += [exercise, f"{exercise}: of", f"{exercise}: waiting", f"{exercise}: sha256", f"{exercise}: note"]
    rows = []
    for row in book.rows:
        cells: list[Any] = [harmless(row.label), harmless(row.name), *(row.roster.get(c, "") for c in passed_on)]
        for exercise in book.exercises:
            record = row.results.get(exercise)
            cells += [number(row.earned(exercise)), book.points(exercise), row.pending(exercise),
                      (record or {}).get("sha256") or "", harmless((record or {}).get("problem", ""))]
        rows.append([*cells, number(row.earned()), book.points(), row.pending()])
    checks = [[harmless(row.label), exercise, *(check.get(c, "") for c in ("name", "earned", "points", "status", "kind")),
               check.get("misconception", ""), round(check.get("seconds", 0), 3)]
              for row in book.rows for exercise, record in row.results.items() for check in record["checks"]]
    for row in book.rows:
        for exercise, record in row.results.items():
            for task in record["manual"]:
                given = [row.mark(record, task, c).points for c in task["rubric"]]
                checks.append([harmless(row.label), exercise, task["name"], number(sum(g or 0 for g in given)),
                               sum(task["rubric"].values()), "waiting" if None in given else "graded", "manual", "", ""])
    names = ["student", "exercise", "check", "earned", "points", "status", "kind", "known mistake", "seconds"]
    written = [_table(folder / "scores.csv", [*columns, "total", "of", "waiting"], rows),
               _table(folder / "checks.csv", names, checks)]
    if book.similar:
        labels = {row.student: row.label for row in book.rows}
        pairs = [[p.exercise, *(harmless(labels.get(who, who)) for who in (p.first, p.second)), p.of_first, p.of_second]
                 for p in book.similar]
        written.append(_table(folder / "similarity.csv", ["exercise", "one", "other", "of the one", "of the other"], pairs))
    return written


def write_canvas(book: Gradebook, folder: Path) -> list[Path]:
    """`canvas.csv`, to import under Grades: the five columns that name a student, then one an exercise, with its points possible.

    With a roster that Canvas exported, a column of it that is called like an exercise, `losses (1234)`, is that assignment;
    without one, the import asks what to do with a new column.
    """
    _named(book, "canvas")
    headers = {exercise: next((c for c in (book.roster.columns if book.roster else ())
                               if c.split(" (")[0].strip().casefold() == exercise.casefold()), exercise)
               for exercise in book.exercises}
    rows: list[list[Any]] = [["    Points Possible", "", "", "", "", *(book.points(exercise) for exercise in book.exercises)]]
    for row in book.rows:
        who = [row.roster.get(c, "") for c in CANVAS] if {"Student", "ID"} <= set(row.roster or ()) else [
            harmless(row.name or row.student), harmless(row.student), "", "", ""]
        rows.append([*who, *(number(row.earned(exercise)) for exercise in book.exercises)])
    return [_table(folder / "canvas.csv", [*CANVAS, *headers.values()], rows)]


def write_moodle(book: Gradebook, folder: Path) -> list[Path]:
    """`moodle.csv`: a grading worksheet filled in, where the roster is one; otherwise a table for the gradebook's import.

    The worksheet of an assignment has one grade, the total. The other has a column an exercise, which the import maps to grade
    items, beside those that name the user.
    """
    _named(book, "moodle")
    columns = book.roster.columns if book.roster else ()
    if "Identifier" in columns and "Grade" in columns:
        rows = [[{"Grade": number(row.earned()), "Feedback comments": remarks(book, row)}.get(c, row.roster.get(c, ""))
                 for c in columns] for row in book.rows if row.roster]
        return [_table(folder / "moodle.csv", columns, rows)]
    who = [c for c in columns if c in (*MOODLE, "First name", "Last name", "Surname")] or ["ID number"]
    rows = [[*(row.roster.get(c, harmless(row.student) if c == who[0] else "") for c in who),
             *(number(row.earned(exercise)) for exercise in book.exercises), number(row.earned()), remarks(book, row)]
            for row in book.rows]
    return [_table(folder / "moodle.csv", [*who, *book.exercises, "Total", "Feedback"], rows)]


def remarks(book: Gradebook, row: Row) -> str:
    """A student's points, and what failed, in a line."""
    parts = []
    for exercise, record in row.results.items():
        failed = [check["name"].removeprefix("test_") for check in record["checks"] if check["status"] != "passed"]
        asked = [(mark, most) for task in record["manual"] for criterion, most in task["rubric"].items()
                 for mark in [row.mark(record, task, criterion)]]
        waiting = sum(most for mark, most in asked if mark.points is None)
        rest = record["problem"] or (f"not yet: {', '.join(failed)}" if failed else "all checks passed" if asked else
                                     "everything passed") + (f"; {number(waiting)} points wait for a person" if waiting else "")
        parts.append(f"{exercise} {number(row.earned(exercise))}/{book.points(exercise)} ({rest})")
    return harmless("; ".join(parts))


def _named(book: Gradebook, what: str) -> None:
    if book.anonymous:
        raise ValueError(f"--format {what} needs the students' own names, and --anonymous hides them: run it once without")


def number(points: float) -> str:
    """Points without a needless .0."""
    return f"{points:g}"


def _table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_atomically(path, stream.getvalue())
    return path
