"""`edugen equations`: where each label of the lectures lives, what is proven, and what is missing."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict

import click
from rich.markup import escape

from .. import equations as index_of_equations
from .. import errata as list_of_errata
from .. import manifest, places
from ..equations import KINDS, Place
from ..labels import Label, labels
from .group import command, location, refuse, say, show

Index = dict[str, list[Place]]


@command("edugen equations              what is proven, by section and chapter",
         "edugen equations 2.30         what (2.30) is, and every place of it",
         "edugen equations --json       all of it, for machines")
@click.argument("label", required=False)
@click.option("--json", "as_json", is_flag=True, help="For machines: what each label is, and its places.")
def equations(label: str | None, as_json: bool) -> None:
    """Show where each equation of the lectures lives.

    With a LABEL, what it is, and each place as path:line. Without, how many of the lectures' equations each section and chapter
    has, how many of them a test proves, and which are missing.
    """
    known = labels()
    if label is not None:
        label = label.strip("() ").upper()
        if label not in known:
            refuse(_unknown(label, known))
        known = {label: known[label]}
    try:
        index = index_of_equations.index()
    except index_of_equations.UnreadableFile as error:
        refuse(str(error))
    if as_json:
        click.echo(json.dumps({name: _described(one, index) for name, one in known.items()}, indent=1, ensure_ascii=False))
    elif label:
        _one_equation(known[label], index.get(label, []))
    else:
        _coverage(known, index)


def _unknown(label: str, known: dict[str, Label]) -> str:
    """What to say of a label that no lecture has."""
    prefix = re.match(r"\D-?|\d+\.|", label)[0]         # type: ignore[index]
    alike = [name for name in known if prefix and name.startswith(prefix)]
    if not alike:
        return f"the lectures have no equation {label!r}. They look like 2.30, V-12, G-3, E-5."
    return f"the lectures have no equation {label}: there are {alike[0]} to {alike[-1]}."


def _described(label: Label, index: Index) -> dict[str, object]:
    section = manifest.course().owner(label.label)
    return asdict(label) | {
        "stem": section.stem if section else None,
        "why": manifest.course().cited.get(label.label),
        "places": [asdict(place) for place in index.get(label.label, [])],
    }


def _one_equation(label: Label, found: list[Place]) -> None:
    section = manifest.course().owner(label.label)
    say(f"[bold]({label.label})[/bold]  {escape(label.description)}  [dim]{escape(label.place)}[/dim]")
    if section:
        say(f"It is treated in [cyan]{section.stem}[/cyan] ({section.number}), {escape(section.title)}.")
    else:
        titles = {chapter.number: f" ({escape(chapter.title)})" for chapter in manifest.course().chapters}
        say(f"Its section is planned, in chapter {label.chapter}{titles.get(label.chapter, '')}, and not built yet.")
    if label.label in manifest.course().cited:
        say(f"Nothing to compute: it {escape(manifest.course().cited[label.label])}.")
    for erratum in list_of_errata.errata():
        if erratum.label == label.label:
            what = "Misprinted" if erratum.where == "equation" else "Right; the text beside it isn't"
            say(f"[yellow]{what}[/yellow]: {escape(erratum.reason)} `edugen errata {erratum.label}` has both forms.")
    for kind in KINDS:
        places_of_kind = [place for place in found if place.kind == kind]
        for n, place in enumerate(places_of_kind):
            where = location(index_of_equations.base() / place.path, place.line)
            say(f"{kind if n == 0 else '':9} {where}  [dim]{escape(place.what)}[/dim]")


def _coverage(known: dict[str, Label], index: Index) -> None:
    course, tested = manifest.course(), places.clone() is not None
    kinds = {label: {place.kind for place in index.get(label, ())} for label in known}

    def row(number: str, name: str, group: Iterable[str], style: str = "{}") -> tuple[str, ...]:
        some = list(group)
        computable = [label for label in some if known[label].computable]
        counts = [str(sum(kind in kinds[label] for label in computable)) for kind in KINDS]
        counts[0] = counts[0] if tested else "-"
        return tuple(style.format(cell) if cell else "" for cell in (number, name, str(len(some)), str(len(computable)), *counts))

    rows, missing = [], []
    for chapter in course.chapters:
        own = [label for label in known if known[label].chapter == chapter.number]
        rows.append(row(str(chapter.number), chapter.package, own, "[bold]{}[/bold]"))
        built = set()
        for section in chapter.sections:
            own_labels = [label for label in section.labels if label in known]
            rows.append(row(section.number, f"[cyan]{section.stem}[/cyan]", own_labels))
            built |= {*own_labels}
        rest = [label for label in own if label not in built]
        if rest and built:
            rows.append(row("", "not built yet", rest, "[dim]{}[/dim]"))
        if unproven := [label for label in own if known[label].computable and "test" not in kinds[label]]:
            missing.append(f"{chapter.number}: {', '.join(_in_ranges(unproven))}")
    rows.append(row("", "all", known, "[bold]{}[/bold]"))
    show("", "", "labels", "to prove", "proven", "source", "notebook", "exercise", rows=rows, numbers=(2, 3, 4, 5, 6, 7), fold=1)
    say("[dim]Labels to prove are those that say something to compute; of these the other columns count.[/dim]\n")
    if not tested:
        say("The tests that prove them are in the clone, not in an installed package.")
    elif missing:
        say("Proven by no test yet, by chapter:")
        for line in missing:
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
