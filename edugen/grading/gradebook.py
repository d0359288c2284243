"""Who has how many points for what: results, a person's marks and the roster, joined, for every format to read."""
from __future__ import annotations

import csv
import hashlib
import hmac
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edugen.grading.batch import Record, Store
from edugen.grading.manual import Key, Mark
from edugen.grading.similarity import Pair

__all__ = ["Gradebook", "Roster", "Row", "pseudonym", "read_roster"]


@dataclass(frozen=True)
class Roster:
    """A table of students from the learning platform; its columns pass through as they are."""

    columns: tuple[str, ...]
    rows: dict[str, dict[str, str]]         # by student


def read_roster(path: Path, students: Sequence[str], column: str | None = None) -> Roster:
    """A roster, and which of its columns names the students as their submissions do.

    Parameters
    ----------
    path : CSV with a header: a gradebook that Canvas exported, a grading worksheet of Moodle's, or any other
    students : who handed in
    column : of the students' names; by default the one in which most of `students` are found

    Raises
    ------
    ValueError
        when no column names them, or it names one twice
    """
    text = path.read_text(encoding="utf-8-sig")
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=text.partition("\n")[0].count))
    columns = tuple(name for name in reader.fieldnames or () if name)
    rows = [{name: row.get(name) or "" for name in columns} for row in reader]
    if not columns:
        raise ValueError(f"the roster {path} is empty: it needs a line of column names, and a line a student")
    rows = [row for row in rows if any(row.values()) and not row[columns[0]].strip().startswith("Points Possible")]
    if column is None:
        wanted = set(students)
        counts = {name: len(wanted & {_student(row[name]) for row in rows}) for name in columns}
        column = max(columns, key=counts.__getitem__)
        if wanted and not counts[column]:
            raise ValueError(f"no column of the roster {path} holds any of the students {', '.join(sorted(wanted)[:3])}, ...; "
                             f"its columns are {', '.join(columns)}")
    elif column not in columns:
        raise ValueError(f"the roster {path} has no column {column!r}; its columns are {', '.join(columns)}")
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        student = _student(row[column])
        if student in found:
            raise ValueError(f"the roster {path} has {student!r} twice in its column {column!r}")
        if student:
            found[student] = row
    return Roster(columns, found)


def _student(cell: str) -> str:
    """Moodle's worksheet says "Participant 12" where the files say 12."""
    return cell.strip().removeprefix("Participant ").strip()


def pseudonym(secret: bytes, student: str) -> str:
    """A name that says nothing, always the same for the same student."""
    return "s-" + hmac.new(secret, f"pseudonym\0{student}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:10]


@dataclass
class Row:
    """One student."""

    student: str
    label: str                              # what to call them: the student, or a pseudonym
    name: str = ""
    roster: dict[str, str] = field(default_factory=dict)
    results: dict[str, Record] = field(default_factory=dict)
    marks: dict[Key, Mark] = field(default_factory=dict)

    def mark(self, record: Record, task: dict[str, Any], criterion: str) -> Mark:
        """A person's word on one criterion."""
        return self.marks.get((self.student, record["exercise"], task["name"], criterion), Mark())

    def earned(self, exercise: str | None = None) -> float:
        """Points so far, of one exercise or in all."""
        total = 0.0
        for record in self._of(exercise):
            total += record["earned"] + sum(self.mark(record, task, c).points or 0
                                            for task in record["manual"] for c in task["rubric"])
        return total

    def pending(self, exercise: str | None = None) -> int:
        """Points that a person has not decided on yet; nothing is asked where nothing was handed in."""
        return sum(most for record in self._of(exercise) for task in record["manual"] for c, most in task["rubric"].items()
                   if self.mark(record, task, c).points is None and record["sha256"])

    def _of(self, exercise: str | None) -> list[Record]:
        return [record for name, record in self.results.items() if exercise in (None, name)]


@dataclass
class Gradebook:
    """Everyone, and everything that was graded."""

    rows: list[Row]
    exercises: dict[str, Record]            # any result of each: its checks and tasks, in order
    roster: Roster | None = None
    anonymous: bool = False
    notes: list[str] = field(default_factory=list)
    similar: list[Pair] = field(default_factory=list)

    @classmethod
    def of(cls, store: Store, secret: bytes, roster: Roster | None = None, marks: Mapping[Key, Mark] | None = None,
           anonymous: bool = False) -> Gradebook:
        """What a store holds."""
        rows = {}
        for student, entry in store.state["students"].items():
            known = roster.rows.get(student, {}) if roster else {}
            label = pseudonym(secret, student) if anonymous else student
            rows[student] = Row(student, label, "" if anonymous else entry.get("name", ""), {} if anonymous else known)
        exercises: dict[str, Record] = {}
        for record in store.records():
            row = rows[record["student"]]
            if anonymous:                                       # file names hold the person's, and so may what is said of them
                file = record["file"] and f"{row.label}/{record['exercise']}.py"
                said = record["problem"].replace(record["file"], file) if file else record["problem"]
                for name in filter(None, (store.state["students"][row.student].get("name"), row.student)):
                    said = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", row.label, said)
                record |= {"file": file, "problem": said}
            exercises.setdefault(record["exercise"], record)
            row.results[record["exercise"]] = record
        for key, mark in (marks or {}).items():
            if key[0] in rows:
                rows[key[0]].marks[key] = mark
        kept = [row for row in rows.values() if row.results]
        notes = [] if anonymous else list(store.state["notes"])
        return cls(sorted(kept, key=lambda row: row.label), exercises, None if anonymous else roster, anonymous, notes)

    def points(self, exercise: str | None = None) -> int:
        """What there is to earn, of one exercise or in all."""
        return sum(record["points"] + sum(n for task in record["manual"] for n in task["rubric"].values())
                   for name, record in self.exercises.items() if exercise in (None, name))
