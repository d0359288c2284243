"""`edugen new-task` and `edugen prove`: an instructor's own exercises, as trustworthy as the course's."""

import time
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from .group import command, reason, refuse, say


@command("edugen new-task our-tasks", "edugen new-task our-tasks --name ridge_regression")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", default="robust_fit", show_default=True, help="What it is called: letters, digits and _.")
def new_task(folder: Path, name: str) -> None:
    """Begin an exercise of your own.

    What is written is a whole small exercise, which `edugen prove DIR` accepts as it stands. Rewrite it piece by piece. The
    shipped solutions are public, and what you write here is not: keep tests/ away from students.
    """
    from ...grading.scaffold import new_task as write

    try:
        files = write(folder, name)
    except (ValueError, OSError) as error:
        refuse(reason(error))
    for path, what in zip(files, ("what students get", "its checks", "the solution", *["a mistake that a check must catch"] * 9)):
        say(f"  {escape(str(path))}  [dim]{what}[/dim]")
    say(f"\nNext: [bold]edugen prove {escape(str(folder))}[/bold]")


@command("edugen prove our-tasks", "edugen prove our-tasks --name ridge_regression --seeds 20")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", "names", multiple=True, help="An exercise; several times for several.  [default: all]")
@click.option("--seeds", default=20, show_default=True, type=click.IntRange(1), help="On how many the solution runs.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Sessions side by side.")
def prove(folder: Path, names: tuple[str, ...], seeds: int, workers: int) -> None:
    """Prove that exercises can be trusted.

    The blank stub earns nothing, the solution everything on every seed, each mutant fails exactly the checks that it names, and
    no answer that ignores the question earns a point. DIR is a clone of the course, or what `edugen new-task` began. What the
    mutants answer is then written beside the checks, in mistakes_NAME.json, so that `check` can name a mistake without them.
    Exit code 1 if something is not so.
    """
    from ...grading.mistakes import SEED
    from ...grading.proof import exercises
    from ...grading.proof import prove as proved

    found = {str(exercise): exercise for exercise in exercises(folder)}
    if not found:
        refuse(f"there are no exercises in {folder}: no exercises/*/check_NAME.py")
    unknown = [name for name in names if name not in found]
    if unknown:
        refuse(f"there is no exercise {unknown[0]} in {folder}; there are {', '.join(found)}")
    wrong = 0
    for name in names or found:
        began, exercise = time.perf_counter(), found[name]
        with Console(stderr=True).status(f"proving {name}"):
            try:
                numbers = [SEED, *(f"proof {i}" for i in range(1, seeds))]
                problems = proved(exercise, numbers, mutant_seeds=min(3, seeds), jobs=workers, remember=True)
            except (RuntimeError, SyntaxError) as error:
                problems = [str(error)]
        seconds = time.perf_counter() - began
        if not problems:
            say(f"[green]proven[/green]  {name}: {len(exercise.mutants)} mutants, {seeds} seeds, {seconds:.0f} s")
            continue
        wrong += 1
        say(f"[red]not proven[/red]  {name}: {len(problems)} problem{'s' * (len(problems) > 1)}, {seconds:.0f} s")
        for problem in problems:
            say(f"  {escape(problem)}")
    if wrong:
        raise SystemExit(1)
