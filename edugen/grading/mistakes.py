"""What is known of a mistake, so that it is known again: its name, what it fails and how, and a fingerprint of its answers.

Kept beside the checks in `mistakes_<stem>.json`, where the mutants that make the mistakes are not. It holds no code.
"""
from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from edugen.grading.fingerprint import same_answer

__all__ = ["SEED", "Mistake", "alike", "answers_file", "as_text", "in_words", "mistake", "mistakes", "out_of_date", "remembered"]

SEED = "0"                      # the visible one
Mistake = dict[str, Any]        # says: what it is called; item: what it failed; failure: in what way; answers: fingerprints


def answers_file(check: Path) -> Path:
    """Where the answers of the mutants are remembered."""
    return check.with_name(f"mistakes_{check.stem.removeprefix('check_')}.json")


def in_words(path: Path) -> str:
    """What a mutant does: its line `# says: ...`, or the words of its name.

    Examples
    --------
    >>> in_words(Path("forgets_the_minus.py"))
    'forgets the minus'
    """
    lines = path.read_text(encoding="utf-8").splitlines()[:3] if path.exists() else []
    said = [line.removeprefix("# says:").strip() for line in lines if line.startswith("# says:")]
    return said[0] if said else path.stem.replace("_", " ")


def mistake(says: str, entry: Mapping[str, Any]) -> Mistake:
    """What a failed check of a report is known by."""
    # the numbers in the line that says how it failed may end in other digits on another machine
    first = re.sub(r"[-+]?\d+(\.\d*)?(e[-+]?\d+)?", "#", entry["message"].partition("\n")[0])
    return {"says": says, "item": entry["item"], "failure": hashlib.sha256(first.encode()).hexdigest()[:8],
            "answers": entry["answers"]}


def alike(a: Mistake, b: Mistake) -> bool:
    """Whether a check was failed in the same way, by the same answers to the same calls."""
    return (a["item"] == b["item"] and a["failure"] == b["failure"] and len(a["answers"]) == len(b["answers"])
            and all(f == g and same_answer(x, y) for (f, x), (g, y) in zip(a["answers"], b["answers"])))


def mistakes(reports: Mapping[Path, dict[str, Any]], fails: Mapping[Path, frozenset[str]]) -> dict[str, list[Mistake]]:
    """What the checks were answered by the mutants that they must catch, by check.

    Parameters
    ----------
    reports : of a run of each mutant on the visible seed, by its file
    fails : the checks that must catch it
    """
    found: dict[str, list[Mistake]] = {}
    for path, report in reports.items():
        for entry in report["checks"]:
            if entry["name"] in fails[path] and entry["answers"]:
                found.setdefault(entry["name"], []).append(mistake(in_words(path), entry))
    return dict(sorted(found.items()))


def as_text(found: Mapping[str, Sequence[Mistake]]) -> str:
    """What is remembered, as JSON: a mistake a line, numbers in nine digits, far more than `same_answer` looks at.

    Examples
    --------
    >>> print(as_text({"test_half": [{"says": "third", "answers": [["half", {"numbers": [1 / 3]}]]}]}), end="")
    {"test_half": [
    {"says": "third", "answers": [["half", {"numbers": [0.333333333]}]]}
    ]}
    """
    def short(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: short(part) for key, part in value.items()}
        return [short(part) for part in value] if isinstance(value, list) else float(f"{value:.9g}") if isinstance(
            value, float) else value

    checks = (f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(short(one)) for one in known) + "\n]"
              for name, known in found.items())
    return "{" + ",\n".join(checks) + "}\n"


def remembered(file: Path) -> dict[str, list[Mistake]]:
    """What a file of answers holds; nothing where there is none, or one that is damaged: a name is a help, and no more."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {name: [one for one in known if isinstance(one["says"], str) and alike(one, one)] for name, known in found.items()}
    except (OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return {}


def out_of_date(file: Path, found: Mapping[str, Sequence[Mistake]]) -> Iterator[str]:
    """Where a file of answers is not what the mutants answer now."""
    known = remembered(file)
    for name in sorted({*known, *found}):
        old, new = known.get(name, []), found.get(name, [])
        if [one["says"] for one in old] != [one["says"] for one in new] or not all(map(alike, old, new)):
            command = f"edugen prove {shlex.quote(str(file.parents[2]))} --name {file.stem.removeprefix('mistakes_')}"
            yield f"{file.name} is not what the mutants answer to {name}: `{command}` writes it anew"
