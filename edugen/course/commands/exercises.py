"""`edugen check`: how far an exercise is, and what to do next."""

import click
from rich.console import Console
from rich.markup import escape

from .. import manifest, places
from ..manifest import Section
from .group import SectionName, command, refuse, say, show, workspace_here


@command("edugen check                     every exercise, and your next task", "edugen check backprop --hints 1")
@click.argument("section", type=SectionName(), required=False)
@click.option("--hints", type=click.IntRange(0, 3), default=0, help="Show that many of the three hints of the next task.")
def check(section: tuple[Section, ...] | None, hints: int) -> None:
    """Check an exercise.

    Yours where there is a workspace; in a clone without one, the course's own. Without SECTION, all of them. Exit code 1
    while points are missing.
    """
    from ..checks import ChecksFailed
    from ..checks import check as run_checks

    workspace = workspace_here()
    if workspace is None and places.clone() is None:
        refuse("no workspace here. Make one with `edugen start`, or go to the folder where yours is.")
    results, absent = [], []
    with Console(stderr=True).status("checking") as status:
        for one in section or manifest.course().sections:
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
