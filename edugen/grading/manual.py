"""Tasks that a person grades: a table with a row for each criterion, blank out, filled in on the way back.

The table is one file that is read and written in turn: what a teaching assistant filled in stays, and students who handed in
since get their rows.
"""
from __future__ import annotations

import ast
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edugen.grading.plugin import write_atomically

__all__ = ["COLUMNS", "Mark", "answer_in", "read_marks", "write_marks"]

COLUMNS = ("student", "exercise", "task", "criterion", "max", "points", "comment", "asked", "answer")
Key = tuple[str, str, str, str]         # student, exercise, task, criterion


@dataclass
class Mark:
    """What a person said to one criterion; None until they do."""

    points: float | None = None
    comment: str = ""


def read_marks(path: Path, who: Mapping[str, str] | None = None) -> dict[Key, Mark]:
    """What has been filled in.

    Parameters
    ----------
    path : the table; nothing where there is no such file
    who : students by the name that they have in the table, where it is not their own

    Raises
    ------
    ValueError
        that names the line, when a number is none or too large, or a column is missing
    """
    marks: dict[Key, Mark] = {}
    if not path.exists():
        return marks
    text = path.read_text(encoding="utf-8-sig")
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    missing = [name for name in COLUMNS[:6] if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}")
    for row in reader:
        key = (str((who or {}).get(row["student"], row["student"])), row["exercise"], row["task"], row["criterion"])
        if key in marks:
            raise ValueError(f"{path}, line {reader.line_num}: {' / '.join(key)} is there twice")
        marks[key] = Mark(_number(row["points"], row["max"], f"{path}, line {reader.line_num}"), row.get("comment") or "")
    return marks


def _number(text: str | None, most: str, where: str) -> float | None:
    if not (text or "").strip():
        return None
    try:
        points = float(str(text).strip().replace(",", "."))
        limit = float(most)
    except ValueError:
        raise ValueError(f"{where}: points must be a number from 0 to {most}, got {text!r}") from None
    if not 0 <= points <= limit:
        raise ValueError(f"{where}: points must be a number from 0 to {most}, got {text!r}")
    return points


def write_marks(path: Path, records: Sequence[dict[str, Any]], sources: Mapping[tuple[str, str], bytes],
                marks: Mapping[Key, Mark], labels: Mapping[str, str] | None = None) -> int:
    """Write the table, with what was filled in, unless there is nothing to ask. How many criteria wait for a person.

    Parameters
    ----------
    path : where it goes
    records : results, each with its tasks
    sources : what was handed in, by exercise and student, for the answers
    marks : what was filled in before
    labels : what to call each student, by default as they are
    """
    rows, keys = [], set()
    for record in records:
        source = sources.get((record["exercise"], record["student"]))
        if source is None:
            continue                                    # nothing was handed in, and nothing is asked
        for task in record.get("manual", []):
            answer = answer_in(source, task["name"])
            for criterion, most in task["rubric"].items():
                key = (record["student"], record["exercise"], task["name"], criterion)
                keys.add(key)
                rows.append((key, most, task["about"], answer))
    if not rows:
        return 0
    kept = [(key, "", "", "") for key, mark in marks.items() if key not in keys and mark.points is not None]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for key, most, about, answer in [*rows, *kept]:
        mark = marks.get(key, Mark())
        points = "" if mark.points is None else f"{mark.points:g}"
        label = (labels or {}).get(key[0], key[0])
        writer.writerow([label, *key[1:], most or points, points, mark.comment, about, harmless(answer)])
    write_atomically(path, stream.getvalue())
    return sum(marks.get(key, Mark()).points is None for key, *_ in rows)


def answer_in(source: bytes, task: str) -> str:
    """The text that a submission assigns to the task's name, read and never run.

    Examples
    --------
    >>> answer_in(b'proof = "By symmetry."', "test_proof")
    'By symmetry.'
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    name = task.removeprefix("test_")
    for node in tree.body:
        if (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
                and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)):
            return node.value.value.strip()[:20_000]
    return ""


def harmless(text: str) -> str:
    """A student's text in a cell: never a formula to a spreadsheet.

    Examples
    --------
    >>> harmless("=1+1"), harmless("-2.5"), harmless("proof")
    ("'=1+1", '-2.5', 'proof')
    """
    text = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text.lstrip()[:1] in tuple("=+-@") else text
    return text
