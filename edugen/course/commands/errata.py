"""`edugen errata`: where the lectures are misprinted."""

import json
from dataclasses import asdict

import click
from rich.markup import escape

from .. import errata as list_of_errata
from ..labels import labels
from ..manifest import course
from .group import command, refuse, say, show


@command("edugen errata                 all of them", "edugen errata 2.64            both forms, and the tests")
@click.argument("label", required=False)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def errata(label: str | None, as_json: bool) -> None:
    """Show where the lectures are misprinted.

    With a LABEL: what is printed, what is right, why, and the tests that prove it.
    """
    label = label.strip("() ").upper() if label else None
    found = [erratum for erratum in list_of_errata.errata() if label in (None, erratum.label)]
    if label and not found:
        known = ", ".join(erratum.label for erratum in list_of_errata.errata()) or "none so far"
        if label not in labels():
            refuse(f"{label} is no label of the lectures. Errata: {known}.")
        looked_at = any(label in section.equations for section in course().sections)
        refuse(f"({label}) is right as printed, as far as we know. Errata: {known}." if looked_at else
               f"nobody has looked at ({label}) yet: its section is planned. Errata: {known}.")
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
