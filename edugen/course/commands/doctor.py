"""`edugen doctor`: whether this machine is ready for the course."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from .group import command, say, show


@command("edugen doctor", "edugen doctor --json     for machines, or for a message to who helps you")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def doctor(as_json: bool) -> None:
    """Look whether this machine is ready for the course.

    Python and packages, BLAS and its threads, compiled kernels, Jupyter's kernel, the course's files, what the grader can hide
    behind, fonts, disk. Exit code 1 if something is to be mended.
    """
    from ..doctor import examine

    with Console(stderr=True).status("looking"):
        findings = list(examine(Path.cwd()))
    complaints = [finding for finding in findings if not finding.fine]
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], indent=1, ensure_ascii=False))
    else:
        show("", "", "", rows=[("ok" if f.fine else "[red]!![/red]", f.name, escape(f.found)) for f in findings], fold=2)
        for finding in findings:
            if finding.fix:
                color = "yellow" if finding.fine else "red"
                say(f"\n[{color}]{finding.name}[/{color}]: {escape(finding.fix)}")
        if not complaints:
            say("\nNothing to mend.")
    if complaints:
        raise SystemExit(1)
