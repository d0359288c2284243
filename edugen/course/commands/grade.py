"""`edugen grade` and `edugen regrade`: a class graded, and graded again when a check was mended."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .. import places
from .group import command, reason, refuse, say, show

FORMATS = ("feedback", "csv", "canvas", "moodle", "gradescope", "junit", "html")


class Formats(click.ParamType):
    """Names of formats, separated by commas."""

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
        wrong = [name for name in names if name not in FORMATS]
        if wrong or not names:
            self.fail(f"there is no format {', '.join(wrong) or repr(value)}; there are {', '.join(FORMATS)}", param, ctx)
        return names


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@command("edugen grade submissions --out grades",
         "edugen grade hw2.zip --out grades --roster canvas.csv --format canvas,html",
         "edugen grade hw2.zip --out grades --require-isolation landlock")
@click.argument("submissions", type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Where results go. Run again, it goes on where it stopped, and grades what is new or changed.")
@click.option("--section", "sections", multiple=True, metavar="NAME",
              help="An exercise to grade; several times for several.  [default: those that somebody handed in]")
@click.option("--exercises", type=FOLDER, metavar="DIR", help="Your own exercises, in place of the course's.")
@click.option("--roster", type=FILE, metavar="CSV",
              help="Students of the learning platform: who hands in nothing gets 0.  [default: the last one]")
@click.option("--id-column", metavar="NAME", help="The roster's column by which submissions are named.  [default: found]")
@click.option("--manual", type=click.Path(dir_okay=False, path_type=Path), metavar="CSV",
              help="Marks of the tasks that a person grades.  [default: manual.csv in --out]")
@click.option("--secret", type=FILE, metavar="FILE", help="Of which the official numbers are made.  [default: one made in --out]")
@click.option("--format", "formats", type=Formats(), default="feedback,csv,html", show_default=True, metavar="NAMES",
              help=f"What to write: {', '.join(FORMATS)}; what stands there is kept up to date.")
@click.option("--anonymous", is_flag=True, help="Pseudonyms in all that is written; from then on.")
@click.option("--require-isolation", "tier", type=click.Choice(["process", "landlock", "bubblewrap", "container"]),
              metavar="TIER", help="Refuse to run below this tier: process, landlock, bubblewrap; or outside a container.")
@click.option("--workers", type=click.IntRange(1), help="Sessions side by side.  [default: one a core]")
@click.option("--dask", "address", metavar="ADDRESS", help="Grade on a Dask cluster, whose workers have edugen.")
@click.option("--no-similarity", is_flag=True, help="Don't compare submissions with each other.")
def grade(submissions: Path, out: Path, sections: tuple[str, ...], exercises: Path | None, roster: Path | None,
          id_column: str | None, manual: Path | None, secret: Path | None, formats: tuple[str, ...], anonymous: bool,
          tier: str | None, workers: int | None, address: str | None, no_similarity: bool) -> None:
    """Grade a class.

    SUBMISSIONS is a folder of folders, of files or of zips, one a student, or a zip of all that; what Canvas and Moodle pack is
    understood. A student's code runs in a worker process that is given arrays and gives arrays back, on numbers that are the
    student's own. Late days and deadlines are the learning platform's business.
    """
    from ...grading.batch import Busy, ChecksChanged, Store, find_checks, grade_all, read_secret
    from ...grading.results import roster_of
    from ...grading.submissions import collect

    isolation = _isolation(tier)
    with _refusals():
        checks = find_checks(exercises or places.tree("exercises"))
        unknown = [name for name in sections if name not in checks]
        if unknown:
            refuse(f"there is no exercise {unknown[0]}; there are {', '.join(checks)}")
        only = sections[0] if len(sections) == 1 else None
        found, notes = collect(submissions, list(sections or checks), only)
        handed_in = {name for one in found for name in one.files}
        checks = {name: path for name, path in checks.items() if name in (sections or handed_in)}
        if not found or not checks:
            told = "".join(f"\n  {note}" for note in notes[:10])
            refuse(f"there is no submission of an exercise in {submissions}. A student's is a folder or zip with a file in it "
                   f"that is called like an exercise, or a file STUDENT_EXERCISE.py.{told}")
        store = Store(out)
        with store.held():
            key = secret or out / "secret"
            fresh = not key.exists()
            words = read_secret(key, make=secret is None)
            store.state["notes"] = notes
            last = store.state.get("settings", {})               # what stands in the folder is written anew, or it would be stale
            formats = tuple(dict.fromkeys([*formats, *last.get("formats", ())]))
            roster = roster or (Path(last["roster"]) if last.get("roster") and Path(last["roster"]).exists() else None)
            id_column, anonymous = id_column or last.get("id_column"), anonymous or last.get("anonymous", False)
            store.enter(found)
            who = roster_of(roster, store, id_column)
            if who and (strangers := [one.student for one in found if one.student not in who.rows]):
                notes.append(f"not in the roster, whose columns stay empty for them: {', '.join(strangers)}")
            try:
                with _bar() as progress, _executor(address) as executor:
                    now, before = grade_all(found, checks, store, words, others=list(who.rows) if who else (), tier=isolation,
                                            workers=workers or _cores(), executor=executor, progress=progress)
            except ChecksChanged as error:
                refuse(f"{error}. See what would change before anything does: edugen regrade {out}")
            except Busy as error:
                refuse(str(error))
            for note in notes[:20]:
                say(f"[yellow]{escape(note)}[/yellow]", err=True)
            if len(notes) > 20:
                say(f"[yellow]... and {len(notes) - 20} more such lines, in {out / 'report.html'}[/yellow]", err=True)
            say(f"{now} graded now, {before} before; isolation: {isolation}")
            if fresh and secret is None:
                say(f"The official numbers come from the secret in {escape(str(key))}: keep it from students.")
            _hand_over(store, words, checks, formats, who, manual, anonymous, not no_similarity)
            store.state["settings"] = {                          # only now: `regrade --publish` writes what this has written
                "exercises": str(exercises.resolve()) if exercises else None, "secret": str(key.resolve()),
                "roster": str(roster.resolve()) if roster else None, "id_column": id_column, "formats": list(formats),
                "manual": str(manual.resolve()) if manual else None, "anonymous": anonymous, "tier": isolation}
            store.save()


@command("edugen regrade grades              what would change", "edugen regrade grades --publish    and now for good")
@click.argument("out", metavar="DIR", type=FOLDER)
@click.option("--publish", is_flag=True, help="Put the new marks in place of the old, and write everything anew.")
@click.option("--workers", type=click.IntRange(1), help="Sessions side by side.  [default: one a core]")
def regrade(out: Path, publish: bool, workers: int | None) -> None:
    """Grade a class again after a check was mended.

    DIR is what `edugen grade` wrote. The files that were graded then are graded by the checks as they are now, on the same
    numbers, and every mark that differs is shown. Nothing of the old is touched before --publish.
    """
    from ...grading.batch import Busy, Store, changes, find_checks, read_secret
    from ...grading.batch import publish as put_in_place
    from ...grading.batch import regrade as grade_again
    from ...grading.results import roster_of

    store = Store(out)
    if not store.path.exists() or "settings" not in store.state:
        refuse(f"{out} is not what `edugen grade` wrote: there is no {store.path.name} in it")
    settings = store.state["settings"]
    tier = _isolation(settings["tier"])
    with _refusals():
        checks = find_checks(Path(settings["exercises"]) if settings["exercises"] else places.tree("exercises"))
        checks = {name: path for name, path in checks.items() if name in store.exercises()}
        words = read_secret(Path(settings["secret"]))
        with store.held():
            try:
                with _bar() as progress:
                    again = grade_again(store, checks, words, tier=tier, workers=workers or _cores(), progress=progress)
            except Busy as error:
                refuse(str(error))
            if not again.records():
                say("No check has changed since these were graded.")
                return
            rows = changes(store, again)
            _show_changes(rows, store, again)
            _write_changes(out / "regrade.csv", rows)
            if not publish:
                say(f"\nNothing has been changed. The list is in {escape(str(out / 'regrade.csv'))}; "
                    f"to put these marks in place: [bold]edugen regrade {escape(str(out))} --publish[/bold]")
                return
            put_in_place(store, again)
            roster = Path(settings["roster"]) if settings["roster"] else None
            _hand_over(store, words, checks, settings["formats"], roster_of(roster, store, settings["id_column"]),
                       Path(settings["manual"]) if settings["manual"] else None, settings["anonymous"], True)


def _show_changes(rows: list[dict[str, Any]], store: Any, again: Any) -> None:
    """The diff of marks: by check, then by student."""
    def points(n: int | None) -> str:
        return "-" if n is None else str(n)

    students = {(row["student"], row["exercise"]) for row in rows}
    say(f"{len(students)} of {len(again.records())} submissions change, in {len(rows)} marks.")
    totals = []
    for student, exercise in sorted(students):
        old, new = store.read(exercise, student), again.read(exercise, student)
        totals.append((escape(student), exercise, f"{old['earned']}/{old['points']}", f"{new['earned']}/{new['points']}",
                       f"{new['earned'] - old['earned']:+d}", ", ".join(
                           f"{row['check'].removeprefix('test_')} {points(row['before'])} to {points(row['after'])}"
                           for row in rows if (row["student"], row["exercise"]) == (student, exercise))))
    if totals:
        show("student", "exercise", "before", "after", "", "checks", rows=totals[:200], numbers=(2, 3, 4), fold=5)
    if len(totals) > 200:
        say(f"... and {len(totals) - 200} more, in regrade.csv")


def _write_changes(path: Path, rows: list[dict[str, Any]]) -> None:
    import csv
    import io

    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["student", "exercise", "check", "before", "of", "after", "of now"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    places.write_atomically(path, stream.getvalue())


def _hand_over(store: Any, secret: bytes, checks: dict[str, Path], formats: Any, roster: Any, manual: Path | None,
               anonymous: bool, likeness: bool) -> None:
    from ...grading.results import hand_over

    with Console(stderr=True).status("writing"):
        done = hand_over(store, secret, checks, formats, roster=roster, manual=manual, anonymous=anonymous, likeness=likeness)
    book = done.book
    shares = [100 * row.earned() / book.points() for row in book.rows] if book.points() else []
    if shares:
        say(f"{len(shares)} students, {book.points()} points, {sum(shares) / len(shares):.0f} % on average")
    if done.waiting:
        table = escape(str(manual or store.folder / "manual.csv"))
        say(f"{done.waiting} criteria wait for a person: fill in the column `points` of {table}, then run this again.")
    for path in done.paths:
        click.echo(f"  {path}")


def _isolation(required: str | None) -> str:
    """The tier to grade at: the strongest that holds here, and not below what is required."""
    from ...grading.isolation import best, require

    if required is not None:
        with _refusals():
            require(required)
    return best()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What is wrong with what was asked, as a refusal and not a traceback."""
    import zipfile

    try:
        yield
    except (ValueError, OSError, zipfile.BadZipFile, RuntimeError) as error:
        refuse(reason(error))
    except KeyboardInterrupt as error:
        say(f"\nStopped{error}: what is graded is kept, and the same command goes on.", err=True)
        raise SystemExit(130) from None


@contextlib.contextmanager
def _bar(every: float = 60.0) -> Iterator[Any]:
    """A bar with the time that is left, on the error output, for someone who watches; in a log, a line from time to time."""
    screen, said = Console(stderr=True), time.monotonic()
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
               TimeRemainingColumn(elapsed_when_finished=False), TextColumn("{task.description}"))
    with Progress(*columns, console=screen, disable=not screen.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(done: int, total: int, student: str) -> None:
            nonlocal said
            bar.update(task, completed=done, total=total, description=escape(student[:30]))
            if bar.disable and time.monotonic() - said >= every:
                said = time.monotonic()
                say(f"{done} of {total} graded", err=True)
        try:
            yield tell
        except KeyboardInterrupt:
            now = bar.tasks[0]
            raise KeyboardInterrupt(f" after {now.completed:.0f} of {now.total:.0f}" if now.total else "") from None


@contextlib.contextmanager
def _executor(address: str | None) -> Iterator[Any]:
    """A Dask cluster's workers as an executor."""
    if address is None:
        yield None
        return
    try:
        from dask.distributed import Client
    except ImportError:
        refuse("--dask needs Dask: pip install 'dask[distributed]'")
    with Client(address, timeout="20s") as client:
        yield client.get_executor()
