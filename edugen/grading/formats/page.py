"""The report of a class: one page of HTML that fetches nothing from anywhere."""
from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from edugen.grading.formats.conditions import limits, was_run
from edugen.grading.formats.spreadsheets import number
from edugen.grading.gradebook import Gradebook
from edugen.grading.isolation import NOTHING
from edugen.grading.plugin import write_atomically

__all__ = ["write"]

Cell = str | tuple[str, str]        # HTML, perhaps with a class
KINDS = {"file": "file could not be imported", "unwritten": "not written yet", "missing": "function missing",
         "raised": "raised an exception", "timeout": "did not return in time", "died": "process ended",
         "exit": "left by sys.exit", "junk": "junk in place of an answer", "value": "no array or number"}
STYLE = """
:root { --ink: #1b2733; --soft: #5b6b7b; --line: #dde3ea; --blue: #0072b2; --orange: #d55e00; --green: #009e73; --pale: #f5f7fa; }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); margin: 0 auto; max-width: 72rem; padding: 1.5rem }
h1 { font-size: 1.6rem; margin: 0 0 .2rem } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem } p { margin: .3rem 0 .8rem }
.soft { color: var(--soft) } .tiles { display: flex; gap: .8rem; flex-wrap: wrap; margin: 1rem 0 }
.tile { background: var(--pale); border: 1px solid var(--line); border-radius: 6px; padding: .6rem 1rem; min-width: 8rem }
.tile b { display: block; font-size: 1.5rem; font-weight: 600 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { text-align: left; color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--line) }
th { padding: .25rem .7rem .25rem 0 }
td { padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
.n { text-align: right; white-space: nowrap } .bar { width: 12rem }
.bar span { display: block; height: .75rem; margin-top: .3rem; border-radius: 2px; background: var(--blue) }
.bar.warm span { background: var(--orange) } .columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2.5rem }
@media (max-width: 50rem) { .columns { grid-template-columns: 1fr } .bar { width: 5rem } }
code { font-size: .85em } svg text { font: 12px system-ui, sans-serif; fill: var(--soft) }
"""


def write(book: Gradebook, folder: Path) -> list[Path]:
    """`report.html`: the histogram of the class, what each check catches, what went wrong, who has what."""
    path = folder / "report.html"
    write_atomically(path, html(book))
    return [path]


def html(book: Gradebook) -> str:
    """The page."""
    title = f"Grades: {', '.join(book.exercises) or 'nothing'}"
    parts = [_summary(book, title), _histogram(book), *(_exercise(book, name) for name in book.exercises), _kinds(book),
             _students(book), _slowest(book), _similar(book), _conditions(book)]
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n<body>\n'
            + "\n".join(filter(None, parts)) + "\n</body></html>\n")


def _summary(book: Gradebook, title: str) -> str:
    shares = _shares(book)
    waiting = sum(row.pending() > 0 for row in book.rows)
    tiles = [(str(len(book.rows)), "students"),
             (f"{statistics.mean(shares):.0f} %" if shares else "-", "mean"),
             (f"{statistics.median(shares):.0f} %" if shares else "-", "median"),
             (str(sum(share == 100 for share in shares)), "with every point"),
             (str(sum(not any(r["sha256"] for r in row.results.values()) for row in book.rows)), "handed in nothing readable")]
    tiles += [(str(waiting), "wait for a person")] if waiting else []
    boxes = "".join(f'<div class="tile"><b>{value}</b>{name}</div>' for value, name in tiles)
    return (f'<h1>{escape(title)}</h1><p class="soft">{book.points()} points in all. '
            f'{time.strftime("%Y-%m-%d %H:%M")}</p><div class="tiles">{boxes}</div>')


def _shares(book: Gradebook) -> list[float]:
    return [100 * row.earned() / book.points() for row in book.rows] if book.points() else []


def _histogram(book: Gradebook) -> str:
    """Ten bars: how many students have 0 to 10 %, ... of the points; the last holds 100 % too."""
    counts = Counter(min(int(share // 10), 9) for share in _shares(book))
    width, height, most = 640, 180, max(counts.values(), default=1)
    bars = []
    for i in range(10):
        x, h = 30 + i * 60, height * counts[i] / most
        bars.append(f'<rect x="{x}" y="{20 + height - h:.1f}" width="54" height="{h:.1f}" fill="#0072b2"/>')
        if counts[i]:
            bars.append(f'<text x="{x + 27}" y="{14 + height - h:.1f}" text-anchor="middle">{counts[i]}</text>')
        bars.append(f'<text x="{x - 3}" y="{height + 38}" text-anchor="middle">{10 * i}</text>')
    bars.append(f'<text x="627" y="{height + 38}" text-anchor="middle">100 %</text>')
    told = ", ".join(f"{10 * i} to {10 * i + 10} %: {counts[i]}" for i in range(10) if counts[i])
    return (f'<h2>The class</h2><p class="soft">Students by their share of the points.</p><svg role="img" viewBox="0 0 660 '
            f'{height + 46}" width="{width}" aria-label="Histogram. {told}"><line x1="27" x2="630" y1="{height + 20}" '
            f'y2="{height + 20}" stroke="#5b6b7b"/>{"".join(bars)}</svg>')


def _exercise(book: Gradebook, name: str) -> str:
    """Each check of an exercise: who passes it, among those who handed something in."""
    records = [row.results[name] for row in book.rows if name in row.results and row.results[name]["sha256"]]
    rows: list[list[Cell]] = []
    for i, check in enumerate(book.exercises[name]["checks"]):
        found = [record["checks"][i] for record in records if i < len(record["checks"])]
        passed = sum(c["status"] == "passed" for c in found)
        unwritten = sum(c["status"] == "unwritten" for c in found)
        mistakes = Counter(c["misconception"] for c in found if c.get("misconception"))
        often = "; ".join(f"{n} × {what}" for what, n in mistakes.most_common(2))
        share = 100 * passed / len(found) if found else 0
        rows.append([_name(check["name"]), ("n", str(check["points"])), ("n", f"{passed} of {len(found)}"), bar(share),
                     ("n", str(unwritten or "")), escape(often)])
    for task in book.exercises[name]["manual"]:
        graded = sum(all(row.mark(row.results[name], task, c).points is not None for c in task["rubric"]) for row in book.rows
                     if name in row.results and row.results[name]["sha256"])
        rows.append([f"{_name(task['name'])} <span class='soft'>by a person</span>", ("n", str(sum(task["rubric"].values()))),
                     ("n", f"{graded} graded"), "", "", ""])
    return f"<h2>{escape(name)}</h2>" + table(["check", ("n", "points"), ("n", "passed"), "", ("n", "not written"),
                                              "known mistakes"], rows)


def _kinds(book: Gradebook) -> str:
    """Failures by kind, and the mistakes that have a name."""
    checks = [check for row in book.rows for record in row.results.values() if record["sha256"] for check in record["checks"]]
    kinds = Counter(KINDS.get(check.get("kind", ""), check.get("kind") or check["status"])
                    for check in checks if check["status"] != "passed")
    mistakes = Counter(check["misconception"] for check in checks if check.get("misconception"))
    halves = []
    for heading, counts in (("Failures by kind", kinds), ("Known mistakes", mistakes)):
        if counts:
            most = counts.most_common(1)[0][1]
            rows: list[list[Cell]] = [[escape(what), ("n", str(n)), bar(100 * n / most, warm=True)]
                                      for what, n in counts.most_common(12)]
            halves.append(f"<div><h2>{heading}</h2>{table([], rows)}</div>")
    return f'<div class="columns">{"".join(halves)}</div>' if halves else ""


def _slowest(book: Gradebook) -> str:
    timed = sorted(((check.get("seconds", 0), row.label, name, check) for row in book.rows for name, record in row.results.items()
                    for check in record["checks"]), key=lambda entry: -entry[0])[:8]
    rows: list[list[Cell]] = [
        [escape(label), escape(name), _name(check["name"]), ("n", f"{seconds:.2f} s"), escape(check.get("kind", ""))]
        for seconds, label, name, check in timed if seconds > 0]
    return "<h2>Slowest checks</h2>" + table(["student", "exercise", "check", ("n", "time"), ""], rows) if rows else ""


def _similar(book: Gradebook) -> str:
    if not book.similar:
        return ""
    labels = {row.student: row.label for row in book.rows}
    rows: list[list[Cell]] = [
        [escape(pair.exercise), *(escape(labels.get(who, who)) for who in (pair.first, pair.second)),
         ("n", f"{100 * pair.of_first:.0f} %"), ("n", f"{100 * pair.of_second:.0f} %")] for pair in book.similar[:40]]
    more = f" The first 40 of {len(book.similar)}; all are in similarity.csv." if len(book.similar) > 40 else ""
    return ("<h2>Alike</h2><p class='soft'>How much of one file is found in the other, names aside. It proves nothing: a short "
            f"task has few right answers. Read both files before you think anything.{more}</p>"
            + table(["exercise", "one", "other", ("n", "of the one"), ("n", "of the other")], rows))


def _students(book: Gradebook) -> str:
    rows: list[list[Cell]] = []
    for row in book.rows:
        notes = "; ".join(f"{name}: {r['problem']}" for name, r in row.results.items() if r["problem"])
        label = escape(row.label) + (f" <span class='soft'>{escape(row.name)}</span>" if row.name else "")
        points = [("n", number(row.earned(name)) if name in row.results else "") for name in book.exercises]
        share = 100 * row.earned() / book.points() if book.points() else 0
        total = ("n", f"<b>{number(row.earned())}</b>"), ("n", str(row.pending() or ""))
        rows.append([label, *points, *total, bar(share), escape(notes)])
    names = [("n", escape(name)) for name in book.exercises]
    header: list[Cell] = ["student", *names, ("n", "total"), ("n", "waiting"), "", "notes"]
    return "<h2>Students</h2>" + table(header, rows)


def _conditions(book: Gradebook) -> str:
    """Under which conditions these points were given."""
    lines = []
    for name, record in book.exercises.items():
        lines.append(f"{escape(name)}: checks <code>{record['check'][:16]}</code>, which allow {escape(limits(record))}")
    ways = Counter((r["edugen"], r["isolation"]) for row in book.rows for r in row.results.values() if was_run(r))
    lines += [f"{n} graded by edugen {escape(version)}, isolation: {escape(tier)}" for (version, tier), n in sorted(ways.items())]
    missing = sum(not was_run(r) for row in book.rows for r in row.results.values())
    lines += [f"{missing} without a file that could be read: {NOTHING}"] if missing else []
    lines.append("each student's numbers come from HMAC-SHA-256(secret, student, exercise); the seeds are in results/")
    lines += [escape(note) for note in book.notes]
    return "<h2>Conditions, and what was left out</h2><ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def _name(check: str) -> str:
    return escape(check.removeprefix("test_"))


def bar(share: float, warm: bool = False) -> tuple[str, str]:
    """A bar of a share in percent, as a cell."""
    return "bar warm" if warm else "bar", f'<span style="width:{share:.1f}%"></span>'


def table(header: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> str:
    """A table of HTML."""
    def cells(tag: str, row: Sequence[Cell]) -> str:
        return "".join(f"<{tag}>{c}</{tag}>" if isinstance(c, str) else f'<{tag} class="{c[0]}">{c[1]}</{tag}>' for c in row)
    head = f"<tr>{cells('th', header)}</tr>" if header else ""
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table>{head}{body}</table>"
