"""`edugen release` and `edugen make-gradescope-zip`: what students get, and what Gradescope gets."""

from pathlib import Path

import click
from rich.markup import escape

from .. import manifest, places
from ..manifest import Section
from .group import SectionName, command, reason, refuse, say


@command("edugen release hw2 losses cross_entropy", "edugen release everything all")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("sections", metavar="SECTION...|all", type=SectionName(everything=True), nargs=-1, required=True)
def release(folder: Path, sections: tuple[tuple[Section, ...], ...]) -> None:
    """Write what students get: stubs, checks and notebooks, without a solution.

    DIR is made. It is a workspace: students `edugen open`, `check` and `hint` there. Your checks run on other numbers.
    """
    from ..release import release as write

    wanted = tuple(dict.fromkeys(section for group in sections for section in group))
    try:
        files = write(folder, wanted)
    except OSError as error:
        refuse(f"cannot write {folder}: {error.strerror}" if error.strerror else str(error))
    say(f"{len(wanted)} section{'s' * (len(wanted) > 1)}, {len(files)} files in {escape(str(folder))}")
    say(f"Its README.md tells students the first three commands: edugen open, check, hint {wanted[0].stem}.")


@command("edugen make-gradescope-zip losses", "edugen make-gradescope-zip robust_fit --exercises our-tasks --out hw.zip",
         "edugen make-gradescope-zip losses --require-isolation landlock")
@click.argument("names", metavar="EXERCISE...", nargs=-1, required=True)
@click.option("--out", default="autograder.zip", show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--exercises", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
              help="Your own exercises, in place of the course's.")
@click.option("--secret", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Of which submissions' numbers are made.  [default: a new one in the zip]")
@click.option("--require-isolation", "tier", type=click.Choice(["process", "landlock", "bubblewrap", "container"]),
              metavar="TIER", help="Run no submission below this tier: process, landlock, bubblewrap; or outside a container.")
def make_gradescope_zip(names: tuple[str, ...], out: Path, exercises: Path | None, secret: Path | None, tier: str | None) -> None:
    """Pack an autograder for Gradescope.

    Upload the zip under "Configure Autograder"; students hand in EXERCISE.py. It brings edugen along; pip brings the rest.
    """
    import secrets

    from ...grading.autograder import pack
    from ...grading.batch import find_checks, read_secret

    try:
        known = find_checks(exercises or places.tree("exercises"))
        stems = [name if name in known or exercises else manifest.course().find(name).stem for name in names]
        unknown = [stem for stem in stems if stem not in known]
        if unknown:
            refuse(f"there is no exercise {unknown[0]}; there are {', '.join(known)}")
        words = read_secret(secret) if secret else secrets.token_hex(32).encode()
        files = pack(out, {stem: known[stem] for stem in stems}, words, tier)
    except (OSError, ValueError, LookupError) as error:
        refuse(reason(error))
    say(f"{escape(str(out))}: {len(files)} files, {out.stat().st_size / 1e6:.1f} MB. It holds the secret: keep it from students.")
    if tier:
        say(f"It runs nothing where the container does not offer isolation {tier}: hand in a file of your own first, and look.")
