"""`edugen check`, `hint`, `reset`, `solution`: the exercises, one step at a time."""

import contextlib
import difflib
import json
import os
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from .. import manifest, places
from ..checks import Checker, ChecksFailed, Result, Task, tasks
from ..manifest import Notebook, Section
from ..workspace import Workspace
from .greeting import next_section, next_step
from .group import SectionName, command, location, not_there, refuse, say, show, workspace_here

HERE = "no workspace here. Make one with `edugen start`, or go to the folder where yours is."


@dataclass(frozen=True)
class Checked:
    """What became of one section: its result, or why there is none ("solved", "not begun", "missing")."""

    section: Section
    file: Path
    result: Result | None = None
    instead: str = ""


@command("edugen check                   what changed since it passed",
         "edugen check backprop          every task of one section",
         "edugen check backprop --watch  again whenever you save")
@click.argument("section", type=SectionName(all_is="`edugen check --all` checks every exercise."), required=False)
@click.option("--watch", is_flag=True, help="Check again whenever the file is saved, until Ctrl-C.")
@click.option("--all", "everything", is_flag=True, help="Without SECTION: also what is solved, and what is not begun.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def check(section: tuple[Section, ...] | None, watch: bool, everything: bool, as_json: bool) -> None:
    """Check an exercise, and say what to do next.

    Yours where there is a workspace; in a clone without one, the course's own. Without SECTION, those that you have begun and
    that changed since they last passed. What is solved stays solved. Exit code 1 while a check fails.
    """
    if section and everything:
        refuse("--all is for `edugen check` without a section.")
    if watch and as_json:
        refuse("--watch is for people, and --json for machines.")
    workspace = workspace_here()
    if workspace is None and places.clone() is None:
        refuse(HERE)
    wanted = section or (workspace.sections(manifest.course()) if workspace else manifest.course().sections)
    everything = everything or section is not None
    if watch:
        _watch(workspace, wanted, everything)
        return
    with Checker() as checker:
        done = _check(checker, workspace, wanted, everything)
    if section and done[0].instead:
        refuse(not_there(workspace, section[0], done[0].file))
    if as_json:
        click.echo(json.dumps([_described(one) for one in done], indent=1, ensure_ascii=False))
    else:
        _tell(workspace, done)
    if any(one.instead == "missing" or one.result and one.result.next for one in done):
        raise SystemExit(1)


def _check(checker: Checker, workspace: Workspace | None, sections: Iterable[Section], everything: bool) -> list[Checked]:
    done = []
    with Console(stderr=True).status("checking") as status:
        for one in sections:
            file = workspace.exercise(one) if workspace else one.exercise
            progress = workspace.progress(one) if workspace else None
            if not file.is_file():
                done.append(Checked(one, file, instead="missing"))
            elif workspace and not everything and progress and progress.current:
                done.append(Checked(one, file, instead="solved"))
            elif workspace and not everything and not workspace.begun(one):
                done.append(Checked(one, file, instead="not begun"))
            else:
                status.update(f"checking {one.stem}")
                try:
                    result = checker.check(one, file, workspace.checks(one) if workspace else None)
                except ChecksFailed as error:
                    refuse(str(error))
                if workspace:
                    with _not_remembered(workspace):
                        workspace.record(one, result.earned, result.points, result.passed)
                done.append(Checked(one, file, result))
    return done


@contextlib.contextmanager
def _not_remembered(workspace: Workspace) -> Iterator[None]:
    """A folder that can't be written to costs the memory of what was done, not the answer."""
    try:
        yield
    except OSError as error:
        say(f"[yellow]Not remembered: {escape(str(workspace.root))} can't be written to: {error.strerror or error}[/yellow]",
            err=True)


def _tell(workspace: Workspace | None, done: list[Checked]) -> None:
    """First what to do next, and why; then the points."""
    waiting = [(one, one.result.next) for one in done if one.result and one.result.next]
    ran = [one for one in done if one.result]
    if waiting:
        one, failed = waiting[0]
        where = f"{one.section.stem}, " if len(ran) > 1 else ""
        say(f"[bold]Next: {where}{failed.task}[/bold], {failed.points} point{'s' * (failed.points > 1)}"
            f"{'' if failed.status == 'unwritten' else ', ' + _status(failed.status)}")
        say(escape(failed.message))
        if workspace:
            say(f"[dim]Stuck? `edugen hint {one.section.stem}`: {_hints_left(workspace, one.section, failed.task)}.[/dim]")
        say()
    elif workspace:
        say(next_step(workspace) + "\n")
    for one in ran:
        assert one.result is not None
        earned = f"{one.result.earned} of {one.result.points} points"
        say(f"[bold]{one.section.stem}: {earned}[/bold]  [dim]{location(one.file)}[/dim]")
        if len(ran) == 1:
            rows = [(f"{c.earned}/{c.points}", c.task, _status(c.status)) for c in one.result.checks]
            show("", "", "", rows=rows, numbers=(0,))
            if one.result.manual:
                say(f"[dim]A person grades: {', '.join(one.result.manual)}.[/dim]")
        progress = workspace.progress(one.section) if workspace else None
        if one.result.next and progress and progress.solved:
            say("It was solved before, and counts as solved; your file or its checks have changed since.")
    for kind, what in (("solved", "solved, and unchanged since"), ("not begun", "not begun")):
        if names := [one.section.stem for one in done if one.instead == kind]:
            say(f"[dim]{what}: {', '.join(names)}[/dim]")
    for one in done:
        if one.instead == "missing":
            say(f"[yellow]{one.section.stem}: {location(one.file)} is not there. `edugen start` adds what is missing.[/yellow]")


def _status(status: str) -> str:
    color = {"passed": "green", "failed": "red"}.get(status, "yellow")
    return f"[{color}]{'not written yet' if status == 'unwritten' else status}[/{color}]"


def _hints_left(workspace: Workspace, section: Section, task: str) -> str:
    hints = next((one.hints for one in tasks(section, workspace.checks(section)) if one.name == task), ())
    left = len(hints) - workspace.hints(section, task)
    return f"{left} of {len(hints)} hints left" if left else "you have seen all its hints"


def _described(one: Checked) -> dict[str, Any]:
    entry: dict[str, Any] = {"stem": one.section.stem, "file": str(one.file), "status": one.instead or "checked"}
    if one.result:
        entry |= one.result.as_json() | {"next": one.result.next.task if one.result.next else None}
    return entry


# Again and again --------------------------------------------------------------------------------------------------------

def _watch(workspace: Workspace | None, sections: Iterable[Section], everything: bool) -> None:
    """Check now, and again whenever one of the files is saved; Ctrl-C is how it ends."""
    files = {(workspace.exercise(one) if workspace else one.exercise).resolve(): one for one in sections}
    folders = sorted({file.parent for file in files if file.parent.is_dir()})
    if not folders:
        refuse("there is nothing to watch: `edugen start` adds the exercises.")
    try:
        with Checker() as checker:
            _tell(workspace, _check(checker, workspace, files.values(), everything))
            say("\n[dim]Watching; Ctrl-C ends it.[/dim]")
            for saved in _saved(folders):
                if changed := [files[path] for path in sorted(saved & set(files)) if path.is_file()]:
                    say("\n[dim]" + "-" * 60 + "[/dim]\n")
                    _tell(workspace, _check(checker, workspace, changed, True))
    except KeyboardInterrupt:
        say()


def _saved(folders: list[Path]) -> Iterator[set[Path]]:
    """Sets of files that were saved, as they are: by the system's notices, or, where there are none, by looking."""
    from watchfiles import watch

    reason = _no_notices()
    for attempt in ("notices", "polling"):
        polling = attempt == "polling" or bool(reason)
        if reason:
            say(f"[yellow]{escape(reason)}: looking for changes every half second instead.[/yellow]")
        try:
            for changes in watch(*folders, recursive=False, force_polling=polling, poll_delay_ms=500):
                yield {Path(path).resolve() for _, path in changes}
            return
        except OSError as error:
            if polling:
                refuse(f"cannot watch {folders[0]}: {error}")
            reason = f"the system gives no notice of changes ({error})"


def _no_notices() -> str:
    """Why the system's notices of changed files would not come, if they would not."""
    if os.environ.get("WATCHFILES_FORCE_POLLING", "").lower() not in ("", "0", "false", "disable"):
        return "WATCHFILES_FORCE_POLLING is set"
    if "microsoft-standard" in platform.uname().release:
        return "WSL gives no notice of changes on Windows drives"
    return ""


# Help ------------------------------------------------------------------------------------------------------------------

def _with_workspace() -> Workspace:
    workspace = workspace_here()
    if workspace is None:
        refuse(HERE)
    return workspace


@command("edugen hint                      for your next task", "edugen hint backprop", "edugen hint losses margin_loss")
@click.argument("section", type=SectionName(), required=False)
@click.argument("task", required=False)
@click.option("--json", "as_json", is_flag=True, help="For machines: the hints taken, this one last.")
def hint(section: tuple[Section, ...] | None, task: str | None, as_json: bool) -> None:
    """Show one more hint for a task.

    Each has three: an idea, the formula to use, the first line. How many you took is remembered. Without TASK, it is the first
    that did not pass at your last check.
    """
    workspace = _with_workspace()
    one = section[0] if section else next_section(workspace)
    if one is None:
        say("You have solved every exercise there is. `edugen hint SECTION TASK` still shows the hints of one.")
        return
    try:
        known = tasks(one, workspace.checks(one))
    except ChecksFailed as error:
        refuse(str(error))
    chosen = _task(workspace, one, known, task)
    if chosen is None:
        say(f"Every task of {one.stem} passes. To see a task's hints, name it: {', '.join(t.name for t in known)}.")
        return
    if not chosen.hints:
        refuse(f"{chosen.name} has no hints.")
    before = workspace.hints(one, chosen.name)
    taken = min(before + 1, len(chosen.hints))
    with _not_remembered(workspace):
        workspace.take_hint(one, chosen.name, len(chosen.hints))
    if as_json:
        entry = {"stem": one.stem, "task": chosen.name, "hints": chosen.hints[:taken], "of": len(chosen.hints)}
        click.echo(json.dumps(entry, indent=1, ensure_ascii=False))
        return
    say(f"[bold]{one.stem}, {chosen.name}[/bold]")
    for n, text in enumerate(chosen.hints[:taken], 1):
        line = f"Hint {n} of {len(chosen.hints)}: {escape(text)}"
        say(line if n == taken else f"[dim]{line}[/dim]")
    if before == taken:
        labels = re.findall(r"\b(?:[1-6]\.\d{1,3}|[VGE]-\d{1,3})\b", " ".join(chosen.hints))
        where = f", and `edugen equations {labels[0]}` shows where ({labels[0]}) is derived" if labels else ""
        say(f"\nThere are no more. `edugen open {one.stem}` opens the notebook{where}.")


def _task(workspace: Workspace, section: Section, known: tuple[Task, ...], name: str | None) -> Task | None:
    """The task of that name, or the first that has not passed; None where all have."""
    if name is None:
        progress = workspace.progress(section)
        passed = progress.passed if progress else ()
        return next((task for task in known if task.name not in passed), None)
    wanted = name.removeprefix("test_").replace("-", "_")
    for task in known:
        if task.name == wanted:
            return task
    names = [task.name for task in known]
    near = difflib.get_close_matches(wanted, names, n=1)
    advice = f"Did you mean {near[0]}?" if near else f"It has {', '.join(names)}."
    refuse(f"{section.stem} has no task {name!r}. {advice}")


@command("edugen reset losses              a blank exercise again", "edugen reset losses --notebook   the notebook as it was",
         "edugen reset losses --yes        without asking")
@click.argument("section", type=SectionName(notebooks=True))
@click.option("--notebook", is_flag=True, help="The notebook; without this, the exercise.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(section: tuple[Section | Notebook, ...], notebook: bool, yes: bool) -> None:
    """Begin an exercise again, or a notebook.

    Asks first, and keeps a copy of yours in the folder backups. With an exercise, its points and hints are forgotten.
    """
    workspace, one = _with_workspace(), section[0]
    file = workspace.notebook(one) if notebook or isinstance(one, Notebook) else workspace.exercise(one)
    if file.exists() and not yes:
        click.confirm(f"Put a blank file in place of {file}? A copy of yours is kept.", abort=True)
    try:
        backup = workspace.begin_again(one, notebook)
    except OSError as error:
        refuse(f"cannot write {error.filename or file}: {error.strerror or error}")
    say(f"{location(file)} is as it was handed out." + (f" Yours is {location(backup)}." if backup else ""))


@command("edugen solution losses           once it is solved")
@click.argument("section", type=SectionName())
def solution(section: tuple[Section, ...]) -> None:
    """Show our solution of an exercise that you have solved.

    From a clone only: an installed package has none.
    """
    workspace, one, clone = _with_workspace(), section[0], places.clone()
    if clone is None:
        refuse("the solutions are in the clone of the repository; this edugen is an installed package, which has none.")
    progress = workspace.progress(one)
    if progress is None or not progress.solved:
        so_far = f"you have {progress.earned} of {progress.points} points" if progress else "you have not checked it yet"
        refuse(f"it opens when `edugen check {one.stem}` passes; {so_far}. `edugen hint {one.stem}` may help.")
    file = clone / "tests" / "exercises" / one.package / one.stem / "solution.py"
    if not file.is_file():
        refuse(f"the solution {file} is not there: this is not the whole repository.")
    text, screen = file.read_text(encoding="utf-8"), Console()
    if screen.is_terminal:
        from rich.syntax import Syntax

        screen.print(Syntax(text, "python", background_color="default", word_wrap=True))
    else:
        click.echo(text, nl=False)
