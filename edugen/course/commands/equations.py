"""`edugen equations`: where each label of the lectures lives, and what is proven."""

import json
import re
from dataclasses import asdict

import click
from rich.markup import escape

from .. import equations as index_of_equations
from .. import errata as list_of_errata
from .. import manifest, places
from .group import command, refuse, say, show


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
    if label and label not in index and manifest.course().owner(label) is None:
        refuse(f"the course has no equation {label} yet. `edugen equations` shows the sections that exist.")
    if as_json:
        found = {label: index.get(label, [])} if label else index
        click.echo(json.dumps({name: [asdict(place) for place in places] for name, places in found.items()}, indent=1))
    elif label:
        _one_equation(label, index.get(label, []))
    else:
        _coverage(index)


def _one_equation(label: str, found: list[index_of_equations.Place]) -> None:
    section = manifest.course().owner(label)
    if section:
        say(f"[bold]({label})[/bold]  {section.stem} ({section.number}), {escape(section.title)}")
        if label in section.cited:
            say(f"Nothing to compute: it {escape(section.cited[label])}.")
    for erratum in list_of_errata.errata():
        if erratum.label == label:
            what = "Misprinted" if erratum.where == "equation" else "Right; the text beside it isn't"
            say(f"[yellow]{what}[/yellow]: {escape(erratum.reason)} `edugen errata {label}` has both forms.")
    for kind in index_of_equations.KINDS:
        places_of_kind = [place for place in found if place.kind == kind]
        for n, place in enumerate(places_of_kind):
            say(f"{kind if n == 0 else '':9} {place.path}:{place.line}  [dim]{escape(place.what)}[/dim]")


def _coverage(index: dict[str, list[index_of_equations.Place]]) -> None:
    rows, unproven = [], []
    for section in manifest.course().sections:
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
