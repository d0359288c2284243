"""What `edugen` alone says: the sections, the points so far, and what to do next."""

from rich.markup import escape

from ... import __version__
from .. import manifest
from .group import say, show, workspace_here

__all__ = ["greet"]


def greet() -> None:
    """The sections, the points so far, and what to do next."""
    workspace = workspace_here()
    say(f"[bold]edugen {__version__}[/bold]  a machine learning course in code")
    open_ones = []
    planned = []
    for chapter in manifest.course().chapters:
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
