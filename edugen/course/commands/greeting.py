"""What `edugen` alone says, and `edugen sections`: the course, how far you are in it, and what to do next."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape

from ... import __version__
from .. import manifest
from ..manifest import Section
from ..workspace import Workspace
from .group import command, say, show, workspace_here

WIDTH = 20


def greet() -> None:
    """Each chapter's progress as a bar, the sections of the one you are in, and what to do next."""
    workspace, course = workspace_here(), manifest.course()
    say(f"[bold]edugen {__version__}[/bold]  a machine learning course in code\n")
    step = next_section(workspace)
    rows = []
    here = _here(workspace)
    for chapter in course.chapters:
        if mine := [section for section in chapter.sections if section in here]:
            solved = sum(_solved(workspace, section) for section in mine)
            bar, state = _bar(_share(workspace, mine)), f"{solved} of {len(mine)} solved"
        elif here != course.sections:
            continue                                        # a release
        else:
            bar, state = "", "planned"
        rows.append((str(chapter.number), escape(chapter.title), bar, f"[dim]{state}[/dim]"))
    show("", "", "", "", rows=rows, fold=1)
    current = next((c for c in course.chapters if step and c.number == step.chapter), None)
    if current:
        say(f"\n[bold]Chapter {current.number}.  {escape(current.title)}[/bold]")
        listed = [_row(workspace, section) for section in current.sections if section in here]
        show("", "", "", "", rows=listed, numbers=(3,), fold=2)
    say()
    if workspace is None:
        say("Next: [bold]edugen start[/bold] makes a workspace of yours, and opens it.")
        return
    say(next_step(workspace))
    say(f"[dim]Your workspace is {escape(str(workspace.root))}[/dim]")


@command("edugen sections               all of them, with what each builds on", "edugen sections --json        for machines")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def sections(as_json: bool) -> None:
    """List every section of the course, and how far you are."""
    workspace = workspace_here()
    if as_json:
        click.echo(json.dumps([_described(workspace, section) for section in manifest.course().sections], indent=1))
        return
    for chapter in manifest.course().chapters:
        planned = "" if chapter.sections else "  [dim]planned[/dim]"
        say(f"[bold]Chapter {chapter.number}.  {escape(chapter.title)}[/bold]{planned}")
        if chapter.sections:
            rows = []
            for section in chapter.sections:
                details = [] if section.core else ["optional"]
                details += [f"after {', '.join(section.before)}"] if section.before else []
                rows.append((*_row(workspace, section), f"[dim]{'; '.join(details)}[/dim]"))
            show("", "", "", "", "", rows=rows, numbers=(3,), fold=(2, 4))
    if beside := manifest.course().notebooks:
        say("[bold]Beside the chapters[/bold]  [dim]no exercise[/dim]")
        show("", "", "", rows=[(f"[cyan]{n.stem}[/cyan]", escape(n.title), f"{n.minutes} min") for n in beside], fold=1)


def next_section(workspace: Workspace | None) -> Section | None:
    """The section to work on: one that is begun and not solved, else the next unsolved one, optional ones last."""
    unsolved = [section for section in _here(workspace) if not _solved(workspace, section)]
    begun = [section for section in unsolved if workspace and workspace.begun(section)]
    return next(iter(begun + [s for s in unsolved if s.core] + unsolved), None)


def next_step(workspace: Workspace) -> str:
    """The next command, in rich's markup, and why."""
    section = next_section(workspace)
    if section is None and not _here(workspace):
        return "There is nothing here that this edugen knows."
    if section is None:
        return "[bold]You have solved every exercise there is.[/bold] `edugen solution` shows ours."
    if not workspace.begun(section):
        return f"Next: [bold]edugen open {section.stem}[/bold], about {section.minutes} minutes; then its exercise."
    return f"Next: [bold]edugen check {section.stem}[/bold]"


def _here(workspace: Workspace | None) -> tuple[Section, ...]:
    return workspace.sections(manifest.course()) if workspace else manifest.course().sections


def _solved(workspace: Workspace | None, section: Section) -> bool:
    progress = workspace.progress(section) if workspace else None
    return progress is not None and progress.solved


def _share(workspace: Workspace | None, sections: Sequence[Section]) -> float:
    """How much of some sections is done: points, and each section weighs as long as it takes."""
    done = 0.0
    for section in sections:
        progress = workspace.progress(section) if workspace else None
        if progress:
            done += section.minutes * (1 if progress.solved else progress.earned / progress.points)
    return done / sum(section.minutes for section in sections)


def _bar(share: float) -> str:
    """A bar of rich's markup, in characters that the output knows; full only when all is done."""
    full, rest = ("#", "-") if Console().options.ascii_only else ("━", "━")
    n = int(share * WIDTH)
    return f"[green]{full * n}[/green][bright_black]{rest * (WIDTH - n)}[/bright_black] {int(share * 100):3}%"


def _row(workspace: Workspace | None, section: Section) -> tuple[str, ...]:
    progress = workspace.progress(section) if workspace else None
    if progress is None:
        state = f"{section.minutes} min"
    elif progress.solved:
        state = "[green]solved[/green]"
    else:
        state = f"{progress.earned}/{progress.points} points"
    return section.number, f"[cyan]{section.stem}[/cyan]", escape(section.title), state


def _described(workspace: Workspace | None, section: Section) -> dict[str, object]:
    progress = workspace.progress(section) if workspace else None
    keys = ("number", "stem", "title", "chapter", "lecture", "covers", "minutes", "before", "core")
    return {key: getattr(section, key) for key in keys} | {"progress": asdict(progress) if progress else None}
