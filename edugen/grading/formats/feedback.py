"""A page of feedback for each student, in Markdown: what counts, what failed and why, what a person said."""
from __future__ import annotations

import re
from pathlib import Path

from edugen.grading.batch import Record
from edugen.grading.formats.conditions import limits, was_run
from edugen.grading.formats.spreadsheets import number
from edugen.grading.gradebook import Gradebook, Row
from edugen.grading.plugin import write_atomically
from edugen.grading.student import plain
from edugen.grading.submissions import file_name

__all__ = ["page", "write"]


def write(book: Gradebook, folder: Path) -> list[Path]:
    """`feedback/<student>.md`, one each. Official seeds stay with the instructor."""
    target = folder / "feedback"
    target.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for row in book.rows:
        name = file_name(row.label, taken)
        taken.add(name.casefold())
        write_atomically(target / f"{name}.md", page(book, row))
    for path in target.glob("*.md"):                    # of another run: other names, or students who are gone
        if path.stem.casefold() not in taken:
            path.unlink()
    return [target]


def page(book: Gradebook, row: Row) -> str:
    """One student's feedback."""
    pending = row.pending()
    lines = [f"# {_line(row.label)}: {number(row.earned())} of {book.points()} points", ""]
    if pending:
        lines += [f"{pending} of these points are still with the person who grades the written tasks.", ""]
    for exercise, record in row.results.items():
        lines += [f"## {exercise}: {number(row.earned(exercise))} of {book.points(exercise)}", ""]
        if record["problem"]:
            lines += [f"Not graded: {_line(record['problem'])}.", ""]
        else:
            lines += _checks(record)
        for task in record["manual"] if record["sha256"] else []:
            lines += [f"### {task['name'].removeprefix('test_')} (graded by a person)", ""]
            for criterion, most in task["rubric"].items():
                mark = row.mark(record, task, criterion)
                given = "waiting" if mark.points is None else number(mark.points)
                lines.append(f"- {given} of {most}: {criterion}" + (f". {_line(mark.comment)}" if mark.comment else ""))
            lines.append("")
        lines += conditions(record)
    return "\n".join(lines)


def _checks(record: Record) -> list[str]:
    failed = [check for check in record["checks"] if check["status"] != "passed"]
    lines = [f"Next: {failed[0]['name'].removeprefix('test_')}." if failed else
             "All checks passed." if record["manual"] else "Everything passed.", ""]
    for check in record["checks"]:
        status = {"passed": "passed", "unwritten": "not written yet"}.get(check["status"], check["status"])
        lines.append(f"- {check['earned']} of {check['points']}: {check['name'].removeprefix('test_')}, {status}")
    lines.append("")
    told: dict[str, str] = {}
    for check in failed:
        name, first = check["name"].removeprefix("test_"), check["message"].partition("\nCalled: ")[0]
        if not first:
            continue
        said = [f"The same as {told[first]}."] if first in told else fenced(check["message"])
        told.setdefault(first, name)
        lines += [f"### {name}", "", *said, ""]
    return lines


def conditions(record: Record) -> list[str]:
    """Under which conditions it was graded."""
    if not was_run(record):
        return ["Nothing was run.", ""]
    return [f"Graded: {_line(record['file'])}, SHA-256 {record['sha256']}, by edugen {record['edugen']} on "
            f"{record['graded']}, in {record['seconds']:.1f} s, isolation: {record['isolation']}. Allowed: {limits(record)}.", ""]


def fenced(text: str) -> list[str]:
    """Text as it is, in a fence longer than any in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, plain(text), fence]


def _line(text: str) -> str:
    """Text of a student's in one line, without any meaning to Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(plain(text, 400).split()))
