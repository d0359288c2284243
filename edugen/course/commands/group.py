"""The group `edugen`, and what its commands share: how they speak, refuse, and read the name of a section."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ... import __version__
from .. import manifest, places
from ..manifest import Notebook, Section, UnknownSection
from ..workspace import NewerState, Workspace

__all__ = ["SectionName", "command", "edugen", "location", "not_there", "reason", "refuse", "say", "show",
           "workspace_here"]

# The way a student meets them. A command that is not listed is not shown.
ORDER = {
    "Work through the course": ("start", "open", "run", "sections"),
    "Exercises": ("check", "hint", "reset", "solution"),
    "Look things up": ("equations", "errata"),
    "For instructors": ("grade", "regrade", "release", "new-task", "prove", "make-gradescope-zip"),
    "This machine": ("doctor",),
}


def say(text: str = "", *, err: bool = False) -> None:
    """A line with rich's markup, never broken: paths and addresses stay whole."""
    Console(highlight=False, soft_wrap=True, stderr=err).print(text)


def show(*columns: str, rows: Sequence[tuple[str, ...]], numbers: tuple[int, ...] = (), fold: int | tuple[int, ...] = ()) -> None:
    """A table without lines. Only the column `fold`, or the columns, give way where the screen is narrow."""
    folding = (fold,) if isinstance(fold, int) else fold
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=any(columns), header_style="dim")
    for n, name in enumerate(columns):
        table.add_column(name, justify="right" if n in numbers else "left", no_wrap=n not in folding, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)


def location(path: Path, line: int | None = None) -> str:
    """A path, with its line, in rich's markup: as short as it can be from here, and a link where the terminal has links."""
    try:
        shown = str(path.relative_to(Path.cwd()))
    except ValueError:
        shown = str(path)
    if shown == ".":                                        # no help to who asks where
        shown = str(path)
    return f"[link={path.absolute().as_uri()}]{escape(shown)}{f':{line}' if line else ''}[/link]"


def refuse(message: str) -> NoReturn:
    """End with exit code 2: what was asked for cannot be done as it was asked."""
    raise click.UsageError(message)


def reason(error: Exception) -> str:
    """What an error says: one of the system's without its number, and with its file."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def workspace_here() -> Workspace | None:
    """The workspace we stand in, if any; where its state had to be repaired, or is of another course, that is said."""
    try:
        workspace = Workspace.find(Path.cwd())
    except NewerState as error:
        refuse(str(error))
    for message in workspace.messages if workspace else ():
        say(f"[yellow]{escape(message)}[/yellow]", err=True)
    stems = {section.stem for section in manifest.course().sections}
    if workspace and (foreign := [stem for stem in workspace.state["released"] if stem not in stems]):
        say(f"[yellow]This release has {escape(', '.join(foreign))}, which edugen {__version__} at {escape(str(places.PACKAGE))} "
            "has not: install the edugen that its README names.[/yellow]", err=True)
    return workspace


def not_there(workspace: Workspace | None, section: Section | Notebook, file: Path) -> str:
    """Why a file of a section is not there, and what to do."""
    released = workspace.state["released"] if workspace else []
    if workspace and released and section.stem not in released:
        return (f"{section.stem} is not in the release {workspace.root}, which has {', '.join(released)}. "
                "`edugen start ANOTHER_FOLDER` makes a workspace of the whole course.")
    return f"{file} is not there. `edugen start` adds what is missing."


class SectionName(click.ParamType):
    """A section by number or stem; with `everything`, also the word "all". Without, `all_is` says what to write in its place.

    With `notebooks`, a notebook beside the chapters will do as well.
    """

    name = "section"

    def __init__(self, everything: bool = False, all_is: str = "", notebooks: bool = False):
        self.everything, self.all_is, self.notebooks = everything, all_is, notebooks

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Section | Notebook, ...]:
        if isinstance(value, tuple):
            return value
        course = manifest.course()
        if self.everything and value == "all":
            return (*course.sections, *(course.notebooks if self.notebooks else ()))
        try:
            return (course.find_notebook(value) if self.notebooks else course.find(value),)
        except UnknownSection as error:
            self.fail(self.all_is if self.all_is and value == "all" else str(error), param, ctx)


def command(*examples: str) -> Any:
    """A command of edugen whose help page ends with `examples`."""
    epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples)
    return edugen.command(epilog=epilog)


class InOrder(click.Group):
    """Shows its commands under the headings of ORDER."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in ORDER.values() for name in names if name in self.commands]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:                           # click would end with 1, as where checks fail
            click.echo("\nAborted!", err=True)
            ctx.exit(130)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = difflib.get_close_matches(name.lower(), self.commands, n=2)
            hint = f"Did you mean {' or '.join(near)}?" if near else "`edugen --help` lists them."
            ctx.fail(f"No such command {name!r}. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.commands), default=0)
        for heading, names in ORDER.items():
            known = [(name.ljust(width), self.commands[name]) for name in names if name in self.commands]
            if known:
                with formatter.section(heading):
                    formatter.write_dl([(name, command.get_short_help_str(limit=formatter.width)) for name, command in known])


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
        from .greeting import greet

        greet()
