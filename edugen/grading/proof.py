"""The grader graded: an exercise's checks against its own stub, solution, mutants, and answers that know nothing.

An exercise is proven when its blank stub scores 0, its solution scores everything, each mutant (a planted mistake) loses
exactly the checks that it names, no answer that ignores the question earns a point, and stub and solution agree. What the
mutants answer is remembered beside the checks, so that a student who makes the same mistake is told its name.
"""
from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edugen.course import places
from edugen.grading import mistakes
from edugen.grading.runner import Run, grade

__all__ = ["TRIVIAL", "Exercise", "disagreements", "exercise_of", "exercises", "inlined", "mutant_of", "prove", "trivial"]

MUTANTS = 5             # at least, an exercise
TRIVIAL = ("zeros", "ones", "nan", "inf", "huge", "minus_huge", "echo", "random", "none", "raises")


@dataclass(frozen=True)
class Exercise:
    """Where the parts of an exercise are."""

    stub: Path
    check: Path
    solution: Path
    mutants: tuple[Path, ...]

    def __str__(self) -> str:
        return self.stub.stem


def exercises(root: Path) -> list[Exercise]:
    """Every exercise of a tree: `exercises/2_classification/losses.py` has `tests/exercises/classification/losses/`."""
    return [exercise_of(check) for check in sorted(Path(root).glob("exercises/*/check_*.py"))]


def exercise_of(check: Path) -> Exercise:
    """The parts of the exercise that has these checks; a solution and mutants are in a clone alone."""
    stem, chapter = check.stem.removeprefix("check_"), re.sub(r"^\d+[a-z]?_", "", check.parent.name)
    proof = check.parents[2] / "tests" / "exercises" / chapter / stem
    return Exercise(check.with_name(f"{stem}.py"), check, proof / "solution.py", tuple(sorted(proof.glob("mutants/*.py"))))


def prove(exercise: Exercise, seeds: Sequence[str] = ("0", "1", "2", "3", "4"), mutant_seeds: int = 1,
          jobs: int = 2, remember: bool = False) -> list[str]:
    """What is wrong with an exercise; nothing, when it is proven.

    Parameters
    ----------
    exercise : its parts
    seeds : of the solution's runs; answers that know nothing run on the first
    mutant_seeds : on how many of them the mutants run
    jobs : processes side by side
    remember : write what the mutants answer to the visible seed "0", once all else is proven; otherwise, where that is written
        already, it is a problem if it is out of date
    """
    problems = list(disagreements(exercise))
    if problems:
        return problems
    solution = exercise.solution.read_text(encoding="utf-8")
    named, answered = {path: mutant_of(path) for path in exercise.mutants}, {}
    with tempfile.TemporaryDirectory(prefix="edugen-proof-") as folder:
        def written(label: str, source: str) -> str:
            path = Path(folder, f"{label}.py")
            path.write_text(source, encoding="utf-8")
            return str(path)

        right, blank = written("solution", solution), str(exercise.stub)
        plan: list[tuple[str, Run, frozenset[str] | None]] = [("stub", Run(blank, seeds[0]), None)]
        plan += [(f"solution, seed {s}", Run(right, s, fresh=i == 0), frozenset()) for i, s in enumerate(seeds)]
        for path, fails in named.items():
            mutant = written(f"mutant_{path.stem}", inlined(path.read_text(encoding="utf-8"), solution))
            answered[path] = len(plan)
            plan += [(f"mutant {path.stem}, seed {s}", Run(mutant, s, fresh=False), fails) for s in seeds[:mutant_seeds]]
        for kind in TRIVIAL:
            source = trivial(solution, list(functions(exercise.stub)), kind)
            plan.append((f"every answer {kind}", Run(written(f"trivial_{kind}", source), seeds[0], fresh=False), None))
        reports = grade(exercise.check, [run for _, run, _ in plan], jobs)
    checks = {c["name"] for c in reports[0]["checks"]}
    problems += list(_names(exercise, checks, named))
    by_hand = sum(n for task in reports[0]["manual"] for n in task["rubric"].values())
    problems += list(_points(exercise.stub, reports[0]["points"], by_hand))
    for (label, _, expected), report in zip(plan, reports):
        problems += _verdict(label, report, checks if expected is None else expected)
    if seeds[0] == mistakes.SEED:
        file = mistakes.answers_file(exercise.check)
        found = mistakes.mistakes({path: reports[i] for path, i in answered.items()}, named)
        if remember and not problems and list(mistakes.out_of_date(file, found)):
            places.write_atomically(file, mistakes.as_text(found))
        elif file.exists() and not remember:
            problems += mistakes.out_of_date(file, found)
    return problems


def _verdict(label: str, report: dict[str, Any], expected: frozenset[str] | set[str]) -> Iterator[str]:
    """Checks that passed and should not have, and the other way round."""
    for check in report["checks"]:
        passed, message = check["earned"] == check["points"], check["message"].replace("\n", "\n    ")
        if passed and check["name"] in expected:
            yield f"{label}: {check['name']} should fail, and passes"
        elif not passed and check["name"] not in expected:
            yield f"{label}: {check['name']} should pass, and is {check['status']}:\n    {message}"
        elif label == "stub" and check["status"] != "unwritten":
            yield f"stub: {check['name']} should say that a function is not written yet, and says:\n    {message}"


def _names(exercise: Exercise, checks: set[str], named: dict[Path, frozenset[str]]) -> Iterator[str]:
    """Names in `# fails:` lines that are no checks, and checks that no mutant fails."""
    for path, fails in named.items():
        for name in sorted(fails - checks):
            yield f"mutant {path.stem}: there is no check {name}"
    for name in sorted(checks - frozenset().union(*named.values())):
        yield f"{exercise.check.name}: no mutant fails {name}, so nothing shows what it catches"


def _points(stub: Path, checked: int, by_a_person: int) -> Iterator[str]:
    """Numbers of points that the stub's docstrings promise."""
    total = checked + by_a_person
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    promised = re.search(r"(\d+) points", ast.get_docstring(tree) or "")
    if promised is None or int(promised[1]) != total:
        yield f"{stub.name}: its docstring should say '{total} points' and says {promised[0] if promised else 'nothing'}"
    docstrings = [ast.get_docstring(node) or "" for node in functions(stub).values()]
    parts = [int(n) for text in docstrings for n in re.findall(r"\((\d+) points?\b", text)]
    if parts and sum(parts) != checked:
        yield f"{stub.name}: the points of its functions, {parts}, sum to {sum(parts)}, and its checks to {checked}"


# -- stub and solution -------------------------------------------------------------------------------------------------


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    """Public functions of a file, and methods of its classes as `Class.method`."""
    found: dict[str, ast.FunctionDef] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{f.name}": f for f in node.body if isinstance(f, ast.FunctionDef)}
    return found


def disagreements(exercise: Exercise) -> Iterator[str]:
    """What is missing, and where stub and solution say different things."""
    if not exercise.stub.exists() or not exercise.solution.exists():
        yield f"{exercise}: {exercise.stub} and {exercise.solution} are both needed"
        return
    if len(exercise.mutants) < MUTANTS:
        yield f"{exercise}: there are {len(exercise.mutants)} mutants; at least {MUTANTS} are needed"
    yield from _missing_kinds(exercise)
    for path in exercise.mutants:
        if not mutant_of(path):
            yield f"mutant {path.stem}: its first line should be '# fails: ' and the names of the checks that it fails"
    stub, solution = functions(exercise.stub), functions(exercise.solution)
    for name, node in stub.items():
        if name not in solution:
            yield f"{name}: it is in the stub and not in the solution"
            continue
        ours, theirs = (f"({ast.unparse(n.args)})" for n in (node, solution[name]))
        if ours != theirs:
            yield f"{name}: the stub's signature is {ours}, the solution's {theirs}"
        text, answer = ast.get_docstring(node), ast.get_docstring(solution[name])
        if not text and not name.rpartition(".")[2].startswith("_"):
            yield f"{name}: the stub needs a docstring"
        if answer is not None and answer != text:
            yield f"{name}: the solution's docstring is not the stub's"


BLIND = "fixed|same|ignor|constant|always|never|believes|blind|random|noise|regardless|hard_coded"
KINDS = {       # what a task must be safe from; a mutant says so in a line `# kind: ...`, or by its name
    "by hand": ("numerical", "difference|by_steps|numerical"), "experiment": ("input-independent", BLIND)}


def _missing_kinds(exercise: Exercise) -> Iterator[str]:
    """Tasks derived by hand that no mutant answers in numbers (finite differences, for a gradient), and experiments that none
    answers blindly."""
    checks = ast.parse(exercise.check.read_text(encoding="utf-8")) if exercise.check.exists() else ast.Module([], [])
    asked = {test.name: {node.value for node in ast.walk(test) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
             for test in checks.body if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")}
    for name, node in functions(exercise.stub).items():
        for mark, (kind, words) in KINDS.items():
            if not re.search(rf"\(\d+ points?, {mark}\)", ast.get_docstring(node) or ""):
                continue
            mine = {test for test, strings in asked.items() if name in strings}
            if not any(mutant_of(path) & mine and is_of_kind(path, kind, words) for path in exercise.mutants):
                yield (f"{name} is a task of the kind '{mark}': one of the mutants that its check fails should be an answer of "
                       f"the kind {kind}, and say so in a line `# kind: {kind}`")


def is_of_kind(path: Path, kind: str, words: str) -> bool:
    """Whether a mutant says of itself, or its name does, that it is of a kind."""
    lines = path.read_text(encoding="utf-8").splitlines()[:4]
    return f"# kind: {kind}" in lines or re.search(words, path.stem) is not None


# -- submissions that the proof makes ----------------------------------------------------------------------------------


def mutant_of(path: Path) -> frozenset[str]:
    """Checks that a mutant says it fails."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return frozenset(first.removeprefix("# fails:").split()) if first.startswith("# fails:") else frozenset()


def inlined(mutant: str, solution: str) -> str:
    """A mutant as one file, for a worker gets one: the solution's text where it imports from it, names rebound below.

    Examples
    --------
    >>> print(inlined("from solution import *\\nfrom solution import f as right\\ndef f(): return -right()", "def f(): return 1"))
    def f(): return 1
    right = f
    def f(): return -right()
    """
    lines, done = mutant.splitlines(), False
    for node in ast.parse(mutant).body:
        if isinstance(node, ast.ImportFrom) and node.module == "solution":
            names = [f"{alias.asname} = {alias.name}" for alias in node.names if alias.asname]
            lines[node.lineno - 1:node.end_lineno] = ["\n".join(([] if done else [solution.rstrip()]) + names)] \
                + [""] * ((node.end_lineno or node.lineno) - node.lineno)
            done = True
    return "\n".join(lines)


def trivial(solution: str, names: Sequence[str], kind: str) -> str:
    """A submission whose functions ignore the question: answers of the right shape, and nothing right in them.

    The solution is asked what the right shape is, and each number of its answer replaced: by 0, 1, NaN, inf, 1e300,
    -1e300 or a random number. `echo` returns the first argument, `none` nothing, and `raises` raises ValueError.

    Parameters
    ----------
    solution : its source
    names : the functions to make
    kind : one of `TRIVIAL`
    """
    wrappers = "\n".join(f"{name} = wrap(right[{name!r}])" for name in names if "." not in name)
    return f"KIND = {kind!r}\nSOLUTION = {solution!r}\n{MAKER}\n{wrappers}\n"


MAKER = '''
import numpy as np

right = {"__name__": "solution"}
exec(SOLUTION, right)
rng = np.random.default_rng(1234)
CONSTANT = {"zeros": 0.0, "ones": 1.0, "nan": np.nan, "inf": np.inf, "huge": 1e300, "minus_huge": -1e300}


def fill(value):
    if isinstance(value, dict):
        return {k: fill(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(fill, value)) if type(value) in (list, tuple) else tuple(map(fill, value))
    if isinstance(value, str) or value is None:
        return value if value is None else KIND
    if callable(value):
        return wrap(value)
    a = np.asarray(value)
    if KIND == "random" and a.dtype == bool:
        b = rng.integers(0, 2, a.shape).astype(bool)
    elif KIND == "random" and a.dtype.kind in "iu":
        b = rng.integers(a.min(initial=0), a.max(initial=0) + 2, a.shape).astype(a.dtype)
    elif KIND == "random":
        b = rng.normal(0.3, 1.7, a.shape)
    elif KIND in ("zeros", "ones") or a.dtype.kind == "f":
        with np.errstate(over="ignore"):
            b = np.full(a.shape, CONSTANT[KIND], a.dtype)
    else:
        b = np.full(a.shape, CONSTANT[KIND])
    return b if isinstance(value, np.ndarray) else b.item()


def wrap(f):
    def answer(*args, **kwargs):
        if KIND == "raises":
            raise ValueError("bad input")
        if KIND == "none":
            return None
        if KIND == "echo":
            return args[0] if args else 0.0
        return fill(f(*args, **kwargs))
    return answer
'''
