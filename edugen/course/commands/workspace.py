"""`edugen start` and `edugen open`: the student's workspace, and JupyterLab over it."""

import webbrowser
from pathlib import Path

import click
from rich.markup import escape

from .. import manifest, places
from ..manifest import Notebook, Section
from ..workspace import DEFAULT, NewerState, Workspace
from .group import SectionName, command, location, not_there, refuse, say, workspace_here


@command("edugen start                    in ./edugen-course", "edugen start ~/ml --no-browser  only print the address",
         "edugen start --no-lab           only the files, for another editor")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--no-browser", is_flag=True, help="Serve and print the address, but open no browser.")
@click.option("--no-lab", is_flag=True, help="Only make the workspace, or bring it up to date.")
def start(folder: Path | None, no_browser: bool, no_lab: bool) -> None:
    """Make a workspace, and open it in JupyterLab.

    It holds the notebooks, without the solutions of their your-turn cells, and the blank exercises. Run again, it adds
    what is new in the course and never touches what you changed. Ctrl-C ends JupyterLab.
    """
    here = workspace_here()
    root = folder or (here.root if here else Path(DEFAULT))
    if root.resolve() in (places.clone(), places.tree("notebooks"), places.tree("exercises")):
        refuse(f"{root.resolve()} is where the course itself lies. Choose another folder for your workspace.")
    try:
        workspace = Workspace(root)
        report = workspace.fill(manifest.course())
    except NewerState as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"cannot write the workspace {root}: {error.strerror or error}")
    for message in report.messages:
        say(f"[yellow]{escape(message)}[/yellow]", err=True)
    for count, what in (
        (report.added, "added"),
        (report.updated, "brought up to date"),
        (report.kept, "changed by you, left alone"),
        (report.unknown, "unlike the course's, by you or by an upgrade (not known), left alone"),
    ):
        if count:
            say(f"{len(count):3} {what}")
    for name in report.superseded:
        say(f"[yellow]{escape(name)}[/yellow] is changed by you, so it stays; the course has a newer one.")
        say("    To get it, rename yours and run edugen start again.")
    for name in report.dropped:
        say(f"{escape(name)} is no longer in the course; it stays where it is.")
    if not (report.added or report.updated):
        say("Nothing new in the course.")
    if no_lab:
        say(f"Your workspace is {location(workspace.root)}")
    else:
        _lab(workspace.root, None, not no_browser)


@command("edugen open backprop", "edugen open 2.2 --no-browser")
@click.argument("section", type=SectionName(notebooks=True))
@click.option("--no-browser", is_flag=True, help="Print the address, but open no browser.")
def open(section: tuple[Section | Notebook, ...], no_browser: bool) -> None:     # the command's name: nothing here opens files
    """Open the notebook of a section, or one beside the chapters, in JupyterLab.

    Yours where there is a workspace; in a clone without one, the course's own.
    """
    workspace, clone = workspace_here(), places.clone()
    if workspace:
        root, notebook = workspace.root, workspace.notebook(section[0])
    elif clone:
        root, notebook = clone, section[0].notebook
    else:
        refuse("no workspace here. Make one with `edugen start`, or go to the folder where yours is.")
    if not notebook.is_file():
        refuse(not_there(workspace, section[0], notebook))
    _lab(root, notebook, not no_browser)


def _lab(root: Path, notebook: Path | None, browser: bool) -> None:
    from .. import lab

    address = lab.address_of(notebook or root)
    if address:
        say(f"JupyterLab is running here already:\n  {address}")
        if browser:
            webbrowser.open(address)
        return
    say(f"Starting JupyterLab in {escape(str(root))}; Ctrl-C ends it.")
    lab.serve(root, notebook, browser, lambda address: click.echo(f"  {address}"))
