"""`edugen doctor`: whether this machine is ready for the course."""

from pathlib import Path

from rich.markup import escape

from .group import command, say, show


@command("edugen doctor")
def doctor() -> None:
    """Look whether this machine is ready for the course.

    Python, packages, BLAS, Jupyter's kernel, the course's files, disk. Exit code 1 if something is to be mended.
    """
    from ..doctor import examine

    findings = list(examine(Path.cwd()))
    show("", "", "", rows=[("ok" if f.fine else "[red]!![/red]", f.name, escape(f.found)) for f in findings], fold=2)
    complaints = [finding for finding in findings if not finding.fine]
    for finding in complaints:
        say(f"\n[red]{finding.name}[/red]: {escape(finding.fix)}")
    if complaints:
        raise SystemExit(1)
    say("\nNothing to mend.")
