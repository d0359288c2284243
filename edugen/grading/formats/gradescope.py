"""Gradescope's results.json, as its documentation of autograders specifies it."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edugen.grading.batch import Record
from edugen.grading.formats.conditions import limits, was_run
from edugen.grading.gradebook import Gradebook, Row
from edugen.grading.isolation import NOTHING
from edugen.grading.manual import Mark
from edugen.grading.plugin import write_atomically
from edugen.grading.submissions import file_name

__all__ = ["LIMIT", "results", "write"]

LIMIT = 100_000         # characters of the whole file


def results(records: list[Record], row: Row | None = None) -> dict[str, Any]:
    """The results of one submission, in at most `LIMIT` characters of JSON: long outputs are cut, never a score.

    Examples
    --------
    >>> check = {"name": "test_half", "points": 2, "earned": 2, "status": "passed", "message": "", "seconds": 0.1}
    >>> found = results([{"exercise": "halves", "checks": [check], "manual": [], "problem": "", "earned": 2, "seconds": 0.5,
    ...                   "sha256": "0" * 64, "file": "halves.py", "edugen": "1", "isolation": "process",
    ...                   "limits": {"test_half": "10 s a call"}}])
    >>> found["score"], found["tests"][0]["status"], found["execution_time"]
    (2, 'passed', 0.5)
    """
    tests = []
    for number, record in enumerate(records, 1):
        for n, check in enumerate(record["checks"], 1):
            tests.append({"score": check["earned"], "max_score": check["points"],
                          "status": "passed" if check["status"] == "passed" else "failed",
                          "name": f"{record['exercise']}: {check['name'].removeprefix('test_')}", "number": f"{number}.{n}",
                          "output": record["problem"] or check["message"] or "passed", "output_format": "text",
                          "visibility": "visible", "tags": [record["exercise"]]})
        for n, task in enumerate(record["manual"], len(record["checks"]) + 1):
            marks = {c: row.mark(record, task, c) if row else Mark() for c in task["rubric"]}
            waiting = any(mark.points is None for mark in marks.values())
            said = "\n".join(f"{c} ({task['rubric'][c]}): " + ("waiting" if m.points is None else f"{m.points:g}. {m.comment}")
                             for c, m in marks.items())
            test = {"score": sum(m.points or 0 for m in marks.values()), "max_score": sum(task["rubric"].values()),
                    "name": f"{record['exercise']}: {task['name'].removeprefix('test_')} (graded by a person)",
                    "number": f"{number}.{n}", "output": said, "output_format": "text", "visibility": "visible",
                    "tags": [record["exercise"], "manual"]}
            tests.append(test if waiting else {**test, "status": "passed" if test["score"] == test["max_score"] else "failed"})
    facts = [f"{r['file']}, SHA-256 {r['sha256']}, edugen {r['edugen']}, isolation: {r['isolation']}. Allowed: {limits(r)}."
             if was_run(r) else f"{r['exercise']}: {NOTHING}." for r in records]
    found: dict[str, Any] = {"score": sum(test["score"] for test in tests), "output": "\n".join(facts), "output_format": "text",
                             "visibility": "visible", "stdout_visibility": "hidden",
                             "execution_time": round(sum(r["seconds"] for r in records), 2), "tests": tests}
    longest = max((len(test["output"]) for test in tests), default=0)
    while len(json.dumps(found)) > LIMIT and longest > 20:
        longest = longest * 3 // 4
        for test in tests:
            if len(test["output"]) > longest:
                test["output"] = test["output"][:longest] + " ... (cut)"
    return found


def write(book: Gradebook, folder: Path) -> list[Path]:
    """`gradescope/<student>/results.json`, one each."""
    top, taken = folder / "gradescope", set[str]()
    for row in book.rows:
        name = file_name(row.label, taken)
        taken.add(name.casefold())
        path = top / name / "results.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(results(list(row.results.values()), row)))
    for path in top.glob("*/results.json"):             # of another run: other names, or students who are gone
        if path.parent.name.casefold() not in taken:
            path.unlink()
            path.parent.rmdir()
    return [top]
