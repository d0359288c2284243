"""Inside Gradescope's container: one submission in, results.json out. `edugen make-gradescope-zip` packs what runs it."""
from __future__ import annotations

import json
import os
import sys
import traceback
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import edugen
from edugen.grading import isolation
from edugen.grading.batch import Desk, Job, find_checks, official_seed, read_secret
from edugen.grading.formats.gradescope import results
from edugen.grading.plugin import write_atomically
from edugen.grading.submissions import Handed, read_folder

__all__ = ["grade", "pack"]

NEEDED = ("psutil", "pytest")           # of the extra `course`
PACKAGE = Path(edugen.__file__).parent
SETUP = """#!/usr/bin/env bash
# Run once, when Gradescope builds the container. Downloads nothing but what pip and apt (bubblewrap, a Python) are asked for.
set -euo pipefail
root="${AUTOGRADER:-/autograder}"
if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python3 -m venv "$root/python" || { apt-get update; apt-get install -y python3-venv; python3 -m venv "$root/python"; }
else
    apt-get update
    apt-get install -y python3.11 python3.11-venv
    python3.11 -m venv "$root/python"
fi
"$root/python/bin/python" -m pip install -r "$root/source/requirements.txt"
command -v bwrap > /dev/null || { apt-get update; apt-get install -y --no-install-recommends bubblewrap; } \\
    || echo "no bubblewrap: a submission can then read what the grader can, where the kernel has no Landlock"
chmod -R go-rwx "$root/source"
"""
RUN = """#!/usr/bin/env bash
# Run once for each submission.
root="${AUTOGRADER:-/autograder}"
cd "$root/source"
exec "$root/python/bin/python" -m edugen.grading.autograder "$root"
"""


def pack(target: Path, checks: Mapping[str, Path], secret: bytes, tier: str | None = None) -> list[str]:
    """The zip to upload as an autograder: edugen itself, the checks and their stubs, the secret, and two scripts.

    It holds no solution and no mutant.

    Parameters
    ----------
    target : the zip
    checks : the checks of each exercise that an assignment asks for
    secret : of which each submission's numbers are made
    tier : of isolation, below which the container runs no submission; by default any will do

    Returns
    -------
    names of what is in it
    """
    package = {f"edugen/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes() for path in sorted(PACKAGE.rglob("*"))
               if path.is_file() and "__pycache__" not in path.parts
               and path.relative_to(PACKAGE).parts[:2] not in (("course", "notebooks"), ("course", "exercises"))}
    tasks = {}
    for check in checks.values():
        for path in (check, check.with_name(check.name.removeprefix("check_"))):
            if path.exists():
                tasks[f"exercises/{check.parent.name}/{path.name}"] = path.read_bytes()
    files = {"setup.sh": SETUP.encode(), "run_autograder": RUN.encode(), "requirements.txt": requirements().encode(),
             "secret": secret + b"\n", **({"require-isolation": f"{tier}\n".encode()} if tier else {}), **tasks, **package}
    part = target.with_name(f".{target.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = (0o755 if name in ("setup.sh", "run_autograder") else 0o644) << 16
                archive.writestr(info, data)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return list(files)


def requirements() -> str:
    """What the grader needs, with the bounds that edugen declares."""
    declared = requires("edugen") or []
    base = [line for line in declared if "extra ==" not in line]
    more = [line.partition(";")[0].strip() for line in declared if 'extra == "course"' in line.replace("'", '"')
            and line.partition(">")[0].strip() in NEEDED]
    return "\n".join([*base, *more]) + "\n"


def grade(root: Path) -> dict[str, Any]:
    """Grade what lies in Gradescope's folder `submission`. Its results, in the form that is written.

    The numbers of a submission are its own: who resubmits meets others, so what a failure showed cannot be written down.

    Raises
    ------
    IsolationError
        when the container does not offer what the zip was packed to require: nothing of the submission has run
    """
    source = root / "source"
    required = source / "require-isolation"
    if required.exists():
        isolation.require(required.read_text(encoding="utf-8").strip())
    checks = find_checks(source / "exercises")
    about = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
    who = ",".join(sorted(str(user.get("email") or user.get("id")) for user in about.get("users", []))) or "unknown"
    submission = read_folder(root / "submission", list(checks), who)
    secret = take_secret(source / "secret")
    seeds = {name: official_seed(secret, f"{who}#{about.get('id', '')}", name) for name in checks}
    records = []
    desk = Desk(checks, {}, isolation.best())
    try:
        for name in checks:
            handed = submission.files.get(name) or Handed("", problem=submission.problem or f"there is no file {name}.py")
            records.append(desk.grade(Job(name, who, handed, root / "graded" / f"{name}.py", seeds[name])))
    finally:
        desk.close()
    return results(records)


def take_secret(path: Path) -> bytes:
    """The secret, out of a file that is gone before a submission runs: at the tier `process` one could read it."""
    if not path.exists():
        raise FileNotFoundError(f"there is no secret in {path}: an earlier run in this container took it. Gradescope starts a "
                                "new one for each submission; to run once more in this one, write 16 bytes or more there")
    secret = read_secret(path)
    path.unlink()
    return secret


def main(arguments: Sequence[str]) -> None:
    """Write results.json, whatever happens."""
    root = Path(arguments[0])
    try:
        for tier in isolation.probe().values():     # what is printed here is in the log that instructors see
            print(f"isolation {tier.name}: {'' if tier.available else 'no, '}{tier.detail}", flush=True)
        found = grade(root)
    except isolation.IsolationError as error:
        print(f"Nothing was run: {error}. Grade on a machine that offers it (edugen grade), or pack with a lower tier.")
        found = {"score": 0, "output": f"Not graded, and nothing was run: {error}. Please tell your instructor.",
                 "stdout_visibility": "hidden"}
    except Exception:
        traceback.print_exc()
        found = {"score": 0, "output": "The autograder itself failed, and your work was not graded. Please tell your instructor.",
                 "stdout_visibility": "hidden"}
    target = root / "results" / "results.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
