"""What each command does. Apart from cli.py, which says in one line what is missing where these imports fail."""

import json
import re
import time
import webbrowser
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from .. import __version__
from . import equations as index_of_equations
from . import places
from .errata import errata as all_errata
from .manifest import Section, UnknownSection, course
from .workspace import DEFAULT, Workspace

__all__ = ["edugen"]


def say(text: str = "", *, err: bool = False) -> None:
    """A line with rich's markup, never broken: paths and addresses stay whole."""
    Console(highlight=False, soft_wrap=True, stderr=err).print(text)


def show(*columns: str, rows: Sequence[tuple[str, ...]], numbers: tuple[int, ...] = (), fold: int | None = None) -> None:
    """A table without lines. Only the column `fold` gives way where the screen is narrow."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=any(columns), header_style="dim")
    for n, name in enumerate(columns):
        table.add_column(name, justify="right" if n in numbers else "left", no_wrap=n != fold, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)


def refuse(message: str) -> NoReturn:
    """End with exit code 2: what was asked for cannot be done as it was asked."""
    raise click.UsageError(message)


def _workspace() -> Workspace | None:
    """The workspace we stand in, if any; where its state had to be repaired, that is said."""
    workspace = Workspace.find(Path.cwd())
    for message in workspace.messages if workspace else ():
        say(f"[yellow]{escape(message)}[/yellow]", err=True)
    return workspace


class SectionName(click.ParamType):
    """A section by number or stem; with `everything`, also the word "all"."""

    name = "section"

    def __init__(self, everything: bool = False):
        self.everything = everything

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Section, ...]:
        if isinstance(value, tuple):
            return value
        if self.everything and value == "all":
            return course().sections
        try:
            return (course().find(value),)
        except UnknownSection as error:
            self.fail(str(error), param, ctx)


def command(*examples: str) -> Any:
    """A command of edugen whose help page ends with `examples`."""
    epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples)
    return edugen.command(epilog=epilog)


class InOrder(click.Group):
    """Lists its commands as they are written here: the way a student meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=InOrder, invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n  edugen start              make a workspace of yours, and open it\n"
    "  edugen check backprop     how far is my exercise?",
)
@click.version_option(__version__, prog_name="edugen")
@click.pass_context
def edugen(context: click.Context) -> None:
    """A machine learning course in code. Alone, `edugen` shows its sections and your next step."""
    if context.invoked_subcommand is None:
        greet()


def greet() -> None:
    """The sections, the points so far, and what to do next."""
    workspace = _workspace()
    say(f"[bold]edugen {__version__}[/bold]  a machine learning course in code")
    open_ones = []
    planned = []
    for chapter in course().chapters:
        if not chapter.sections:
            planned.append(chapter)
            continue
        say(f"\n[bold]Chapter {chapter.number}.  {escape(chapter.title)}[/bold]")
        rows = []
        for section in chapter.sections:
            points = workspace.points(section) if workspace else None
            if points is None or points[0] < points[1]:
                open_ones.append(section)
            progress = f"{points[0]}/{points[1]} points" if points else f"{section.minutes} min"
            rows.append((section.number, f"[cyan]{section.stem}[/cyan]", escape(section.title), progress))
        show("", "", "", "", rows=rows, numbers=(3,), fold=2)
    say(f"\n[dim]Planned: chapters {', '.join(str(chapter.number) for chapter in planned)}[/dim]\n")
    if workspace is None:
        say("Next: [bold]edugen start[/bold] copies the notebooks and exercises into a workspace, and opens it.")
    elif not open_ones:
        say("You have every point there is.")
    else:
        begun = workspace.points(open_ones[0]) is not None
        say(f"Next: [bold]edugen {'check' if begun else 'open'} {open_ones[0].stem}[/bold]")
        say(f"[dim]Your workspace is {escape(str(workspace.root))}[/dim]")


@command("edugen start                    in ./edugen-course", "edugen start ~/ml --no-browser  only print the address")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--no-browser", is_flag=True, help="Serve and print the address, but open no browser.")
def start(folder: Path | None, no_browser: bool) -> None:
    """Make a workspace, and open it in JupyterLab.

    It holds the notebooks, without the solutions of their your-turn cells, and the blank exercises. Run again, it adds
    what is new in the course and never touches what you changed. Ctrl-C ends JupyterLab.
    """
    here = _workspace()
    root = folder or (here.root if here else Path(DEFAULT))
    if root.resolve() in (places.clone(), places.tree("notebooks"), places.tree("exercises")):
        refuse(f"{root.resolve()} is where the course itself lies. Choose another folder for your workspace.")
    try:
        workspace = Workspace(root)
        report = workspace.fill(course())
    except OSError as error:
        refuse(f"cannot write the workspace {root}: {error.strerror or error}")
    for message in report.messages:
        say(f"[yellow]{escape(message)}[/yellow]", err=True)
    for count, what in (
        (report.added, "added"),
        (report.updated, "brought up to date"),
        (report.kept, "changed by you, left alone"),
    ):
        if count:
            say(f"{len(count):3} {what}")
    for name in report.superseded:
        say(f"[yellow]{escape(name)}[/yellow] is changed by you, so it stays; the course has a newer one.")
        say("    To get it, rename yours and run edugen start again.")
    if not (report.added or report.updated):
        say("Nothing new in the course.")
    _lab(workspace.root, None, not no_browser)


@command("edugen open backprop", "edugen open 2.2 --no-browser")
@click.argument("section", type=SectionName())
@click.option("--no-browser", is_flag=True, help="Print the address, but open no browser.")
def open(section: tuple[Section, ...], no_browser: bool) -> None:       # the command's name, and nothing here opens files
    """Open a section's notebook in JupyterLab.

    Yours where there is a workspace; in a clone without one, the course's own.
    """
    workspace, clone = _workspace(), places.clone()
    if workspace:
        root, notebook = workspace.root, workspace.notebook(section[0])
    elif clone:
        root, notebook = clone, section[0].notebook
    else:
        refuse("no workspace here. Make one with `edugen start`, or go to the folder where yours is.")
    if not notebook.is_file():
        refuse(f"{notebook} is not there. `edugen start {root}` adds what is missing.")
    _lab(root, notebook, not no_browser)


def _lab(root: Path, notebook: Path | None, browser: bool) -> None:
    from . import lab

    address = lab.address_of(notebook or root)
    if address:
        say(f"JupyterLab is running here already:\n  {address}")
        if browser:
            webbrowser.open(address)
        return
    say(f"Starting JupyterLab in {escape(str(root))}; Ctrl-C ends it.")
    lab.serve(root, notebook, browser, lambda address: click.echo(f"  {address}"))


@command("edugen run backprop", "edugen run all --out pages")
@click.argument("section", type=SectionName(everything=True), metavar="SECTION|all")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the pages.  [default: edugen-pages]")
@click.option("--limit", type=click.FloatRange(min=1), default=600, show_default=True, help="Seconds for each notebook.")
def run(section: tuple[Section, ...], out: Path | None, limit: float) -> None:
    """Execute a notebook, and write it as a page.

    It is the course's own notebook, with its solutions, run from the top in a fresh kernel. The page is one file of HTML.
    """
    from .notebooks import NotebookFailed, execute, write_html

    workspace = _workspace()
    folder = out or (workspace.root / "pages" if workspace else Path("edugen-pages"))
    failed = 0
    for one in section:
        if not one.notebook.is_file():
            refuse(f"the course has no notebook {one.notebook}")
        page, began = folder / f"{one.stem}.html", time.perf_counter()
        try:
            with _bar() as bar:
                notebook = execute(one.notebook, limit=limit, progress=partial(_advance, bar, bar.add_task(one.stem, total=None)))
            write_html(notebook, page, f"{one.title} - edugen")
        except NotebookFailed as error:
            failed += 1
            say(f"[red]failed[/red]  {escape(str(error))}\n", err=True)
        except OSError as error:
            refuse(f"cannot write {page}: {error.strerror or error}")
        else:
            say(f"{one.stem}  {len(notebook.cells)} cells  {time.perf_counter() - began:.1f} s  {page}")
    if failed:
        say(f"{failed} of {len(section)} failed", err=True)
        raise SystemExit(1)


def _bar() -> Progress:
    """On the error output, and gone when it is done: what is piped is the result alone."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("cell"), MofNCompleteColumn(), TimeElapsedColumn()
    screen = Console(stderr=True)
    return Progress(
        *columns, console=screen, disable=not screen.is_terminal, transient=True, redirect_stdout=False, redirect_stderr=False,
    )


def _advance(bar: Progress, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


@command("edugen check                     every exercise, and your next task", "edugen check backprop --hints 1")
@click.argument("section", type=SectionName(), required=False)
@click.option("--hints", type=click.IntRange(0, 3), default=0, help="Show that many of the three hints of the next task.")
def check(section: tuple[Section, ...] | None, hints: int) -> None:
    """Check an exercise.

    Yours where there is a workspace; in a clone without one, the course's own. Without SECTION, all of them. Exit code 1
    while points are missing.
    """
    from .checks import ChecksFailed
    from .checks import check as run_checks

    workspace = _workspace()
    if workspace is None and places.clone() is None:
        refuse("no workspace here. Make one with `edugen start`, or go to the folder where yours is.")
    results, absent = [], []
    with Console(stderr=True).status("checking") as status:
        for one in section or course().sections:
            file = workspace.exercise(one) if workspace else one.exercise
            if not file.is_file():
                absent.append(f"{one.stem}: {file} is not there. `edugen start` adds what is missing.")
                continue
            status.update(f"checking {one.stem}")
            try:
                results.append((one, file, run_checks(one, file, hints)))
            except ChecksFailed as error:
                refuse(str(error))
            if workspace:
                workspace.record(one, results[-1][2].earned, results[-1][2].points)
    if absent and not results:
        refuse(absent[0])
    for one, file, result in results:
        say(f"[bold]{one.stem}: {result.earned} of {result.points} points[/bold]  [dim]{escape(str(file))}[/dim]")
        if len(results) == 1:
            rows = [(f"{c.earned}/{c.points}", c.name.removeprefix("test_"), _status(c.status)) for c in result.checks]
            show("", "", "", rows=rows, numbers=(0,))
    for line in absent:
        say(f"[yellow]{escape(line)}[/yellow]")
    waiting = [(one, result.next) for one, _, result in results if result.next]
    if waiting:
        one, task = waiting[0]
        where = f"{one.stem}, " if len(results) > 1 else ""
        say(f"\n[bold]Next: {where}{task.name.removeprefix('test_')}[/bold], {task.points} point{'s' * (task.points > 1)}")
        say(escape(task.message))
    if waiting or absent:
        raise SystemExit(1)


def _status(status: str) -> str:
    color = {"passed": "green", "failed": "red"}.get(status, "yellow")
    return f"[{color}]{'not written yet' if status == 'unwritten' else status}[/{color}]"


@command("edugen equations              what is proven, by section", "edugen equations 2.30         every place of (2.30)")
@click.argument("label", required=False)
@click.option("--json", "as_json", is_flag=True, help="For machines: places by label.")
def equations(label: str | None, as_json: bool) -> None:
    """Show where each equation of the lectures lives.

    With a LABEL, each place as path:line; without, how many of each section's equations are proven by a test and cited.
    """
    try:
        index = index_of_equations.index()
    except index_of_equations.UnreadableFile as error:
        refuse(str(error))
    label = label.strip("() ") if label else None
    if label and label not in index and course().owner(label) is None:
        refuse(f"the course has no equation {label} yet. `edugen equations` shows the sections that exist.")
    if as_json:
        found = {label: index.get(label, [])} if label else index
        click.echo(json.dumps({name: [asdict(place) for place in places] for name, places in found.items()}, indent=1))
    elif label:
        _one_equation(label, index.get(label, []))
    else:
        _coverage(index)


def _one_equation(label: str, found: list[index_of_equations.Place]) -> None:
    section = course().owner(label)
    if section:
        say(f"[bold]({label})[/bold]  {section.stem} ({section.number}), {escape(section.title)}")
        if label in section.cited:
            say(f"Nothing to compute: it {escape(section.cited[label])}.")
    for erratum in all_errata():
        if erratum.label == label:
            what = "Misprinted" if erratum.where == "equation" else "Right; the text beside it isn't"
            say(f"[yellow]{what}[/yellow]: {escape(erratum.reason)} `edugen errata {label}` has both forms.")
    for kind in index_of_equations.KINDS:
        places_of_kind = [place for place in found if place.kind == kind]
        for n, place in enumerate(places_of_kind):
            say(f"{kind if n == 0 else '':9} {place.path}:{place.line}  [dim]{escape(place.what)}[/dim]")


def _coverage(index: dict[str, list[index_of_equations.Place]]) -> None:
    rows, unproven = [], []
    for section in course().sections:
        kinds = {label: {place.kind for place in index.get(label, [])} for label in section.equations}
        counts = {kind: str(sum(kind in found for found in kinds.values())) for kind in index_of_equations.KINDS}
        if places.clone() is None:
            counts["test"] = "-"
        rows.append((section.number, f"[cyan]{section.stem}[/cyan]", str(len(kinds)), *counts.values()))
        if missing := [label for label, found in kinds.items() if "test" not in found]:
            unproven.append(f"{section.stem}: {', '.join(_in_ranges(missing))}")
    show("", "section", "equations", "proven", "in source", "notebook", "exercise", rows=rows, numbers=(2, 3, 4, 5, 6))
    say()
    if places.clone() is None:
        say("The tests that prove them are in the clone, not in an installed package.")
    elif unproven:
        say("Proven by no test:")
        for line in unproven:
            click.echo(f"  {line}")
    else:
        say("Every equation that can be computed is proven by a test.")


def _in_ranges(labels: list[str]) -> list[str]:
    """Labels that count on from one another drawn together.

    >>> _in_ranges(["2.1", "2.2", "2.3", "2.5"])
    ['2.1 to 2.3', '2.5']
    """
    runs: list[list[str]] = []
    for label in labels:
        prefix, number = re.fullmatch(r"(.*?)(\d+)", label).groups()      # type: ignore[union-attr]
        if runs and runs[-1][-1] == f"{prefix}{int(number) - 1}":
            runs[-1].append(label)
        else:
            runs.append([label])
    return [run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]


@command("edugen errata                 all of them", "edugen errata 4.36            both forms, and the tests")
@click.argument("label", required=False)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def errata(label: str | None, as_json: bool) -> None:
    """Show where the lectures are misprinted.

    With a LABEL: what is printed, what is right, why, and the tests that prove it.
    """
    label = label.strip("() ") if label else None
    found = [erratum for erratum in all_errata() if label in (None, erratum.label)]
    if label and not found:
        known = ", ".join(erratum.label for erratum in all_errata()) or "none so far"
        refuse(f"no erratum is known at {label}. Known: {known}.")
    if as_json:
        click.echo(json.dumps([asdict(erratum) | {"tests": erratum.tests} for erratum in found], indent=1, ensure_ascii=False))
    elif label:
        erratum = found[0]
        printed = "printed" if erratum.where == "equation" else "said"
        for name, text in ((printed, erratum.printed), ("right", erratum.right), ("because", erratum.reason)):
            say(f"{name:8} {escape(text)}")
        say(f"{'tests':8} tests/test_errata.py  {'  '.join(erratum.tests)}")
    elif found:
        show("label", "what is wrong", rows=[(e.label, escape(e.reason)) for e in found], fold=1)
    else:
        say("No misprint is known in the sections that exist.")


@command("edugen doctor")
def doctor() -> None:
    """Look whether this machine is ready for the course.

    Python, packages, BLAS, Jupyter's kernel, the course's files, disk. Exit code 1 if something is to be mended.
    """
    from .doctor import examine

    findings = list(examine(Path.cwd()))
    show("", "", "", rows=[("ok" if f.fine else "[red]!![/red]", f.name, escape(f.found)) for f in findings], fold=2)
    complaints = [finding for finding in findings if not finding.fine]
    for finding in complaints:
        say(f"\n[red]{finding.name}[/red]: {escape(finding.fix)}")
    if complaints:
        raise SystemExit(1)
    say("\nNothing to mend.")
