"""`edugen run`: notebooks executed, and written as pages."""

import time
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ..manifest import Notebook, Section
from .group import SectionName, command, refuse, say, workspace_here


@command("edugen run backprop", "edugen run all --out pages")
@click.argument("section", type=SectionName(everything=True, notebooks=True), metavar="SECTION|all")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the pages.  [default: edugen-pages]")
@click.option("--limit", type=click.FloatRange(min=1), default=600, show_default=True, help="Seconds for each notebook.")
def run(section: tuple[Section | Notebook, ...], out: Path | None, limit: float) -> None:
    """Execute a notebook, and write it as a page.

    It is the course's own notebook, not yours, run from the top in a fresh kernel; its your-turn cells are solved in a clone, and
    blank in an installed package. The page is one file of HTML.
    """
    from ..notebooks import NotebookFailed, execute
    from ..pages import write_html

    workspace = workspace_here()
    folder = out or (workspace.root / "pages" if workspace else Path("edugen-pages"))
    failed = 0
    for one in section:
        if not one.notebook.is_file():
            refuse(f"the course has no notebook {one.notebook}")
        page, began = folder / f"{one.stem}.html", time.perf_counter()
        try:
            with _bar() as bar:
                notebook = execute(one.notebook, limit=limit, progress=partial(_advance, bar, bar.add_task(one.stem, total=None)))
            for complaint in write_html(notebook, page, f"{one.title} - edugen"):
                say(f"[yellow]not drawn[/yellow]  {escape(complaint)}", err=True)
        except NotebookFailed as error:
            failed += 1
            say(f"[red]failed[/red]  {escape(str(error))}\n", err=True)
            if error.error == "NoKernel":
                break                                       # nor would the others have one
        except ValueError as error:
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
