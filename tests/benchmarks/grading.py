"""A class graded:  python tests/benchmarks/grading.py [--submissions 200] [--workers N] [--tier landlock]

200 students hand in a section with 5 checks, and `edugen grade` should take at most 120 s on two cores. There is no peer, so this
is no suite of compare.py: it prints what it took and where that went, and fails where the figure does not hold.

The section is `losses` without its last check. What is handed in is the solution or one of its mutants (MIX says how often), each
rewritten as another person would have: other names for local variables, functions in another order, comments. Some are
unfinished, some are not valid Python. None is made to run into a limit: such a one costs its limit, whatever the grader does.

Wall clock needs an idle machine. CPU seconds need it less, and half of them is the wall clock of two cores that are idle.
"""
from __future__ import annotations

import argparse
import ast
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
SECTION, FOLDER, N_CHECKS = "losses", "2_classification", 5
MIX = {"right": 0.4, "mistaken": 0.5, "unfinished": 0.06, "not Python": 0.04}
GOAL = 120.0            # seconds for 200 on two cores
WORDS = ("a acc best cost current delta diff en err first g guess h idx k1 left loss_n margin_n new old out pred probs q r res "
         "row s1 score step tmp total2 u upd v val w1 z1").split()
REMARKS = ("# the formula of the lecture", "# one row at a time would be slow", "# see the hint", "# not in place!",
           "# TODO tidy up", "# checked by hand for K = 2", "# shapes: (N, K)")


# What students hand in ------------------------------------------------------------------------------------------------

def exercise(folder: Path) -> Path:
    """A tree with the one exercise, cut to its first five checks and to the mutants that these are to catch; the checks."""
    from edugen.grading.proof import exercise_of, mutant_of
    parts = exercise_of(ROOT / "exercises" / FOLDER / f"check_{SECTION}.py")
    head, *checks = re.split(r"(?=^@pytest\.mark\.points)", parts.check.read_text(encoding="utf-8"), flags=re.MULTILINE)
    checks = checks[:N_CHECKS]
    names = set(re.findall(r"^def (test_\w+)", "".join(checks), re.MULTILINE))
    made = exercise_of(folder / parts.check.relative_to(ROOT))
    for path, text in [(made.check, head + "".join(checks)), (made.stub, parts.stub.read_text(encoding="utf-8")),
                       (made.solution, parts.solution.read_text(encoding="utf-8")),
                       *((made.solution.parent / "mutants" / mutant.name, mutant.read_text(encoding="utf-8"))
                         for mutant in parts.mutants if mutant_of(mutant) <= names)]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return made.check


def submissions(check: Path, n: int) -> Iterator[tuple[str, str]]:
    """What each of n students hands in: of which kind it is, and the file. Always the same."""
    from edugen.grading.proof import exercise_of, inlined
    parts = exercise_of(check)
    solution = parts.solution.read_text(encoding="utf-8")
    mutants = [inlined(path.read_text(encoding="utf-8"), solution) for path in parts.mutants]
    rng = np.random.default_rng(0)
    edges = np.cumsum(list(MIX.values()))
    for i, place in enumerate(rng.permutation(n)):
        kind = list(MIX)[int(np.searchsorted(edges, (place + 0.5) / n))]
        source = in_other_words(mutants[i % len(mutants)] if kind == "mistaken" else solution, rng)
        if kind == "unfinished":                                              # the last two functions are as they were handed out
            for name in list(functions(source))[-2:]:
                source = without_body(source, name)
        elif kind == "not Python":
            source = source.replace("return", "retrun", 1) if i % 2 else source[:-1] + "("
        yield kind, source


def functions(source: str) -> dict[str, ast.FunctionDef]:
    """Functions of a file, by name."""
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def without_body(source: str, name: str) -> str:
    """A file in which one function is not written yet."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            node.body = ast.parse("raise NotImplementedError").body
    return ast.unparse(tree) + "\n"


class Renamed(ast.NodeTransformer):
    """Local variables of a function called something else."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node


def in_other_words(source: str, rng: np.random.Generator) -> str:
    """The same file by another hand: local names, the order of functions, comments."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
            arguments = {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
            taken = {n.id for n in names} | arguments
            local = sorted({n.id for n in names if isinstance(n.ctx, ast.Store)} - arguments)
            free = [word for word in rng.permutation(WORDS).tolist() if word not in taken]
            Renamed({name: word for name, word in zip(local, free) if rng.random() < 0.7}).visit(node)
    others = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    mine = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    first = [node for node in mine if any(isinstance(d, ast.Name) for d in node.args.defaults)]     # a default needs its function
    if not first:
        mine = [mine[i] for i in rng.permutation(len(mine))]
    tree.body = [*others, *mine]
    lines = []
    for line in ast.unparse(tree).splitlines():
        if line.startswith("    ") and rng.random() < 0.15:
            lines.append(line[:len(line) - len(line.lstrip())] + str(rng.choice(REMARKS)))
        lines.append(line)
    return "\n".join(lines) + "\n"


# What it costs --------------------------------------------------------------------------------------------------------

class Meter:
    """CPU seconds of this process and all that it starts, by a control group of its own where the kernel lets it have one.

    The usual account, of children that were waited for, leaves out those that die with a namespace: workers in bubblewrap.
    """

    def __init__(self) -> None:
        self.group: Path | None = None
        for top in ("/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup"):
            if self.group is None and (Path(top) / "cgroup.procs").exists():
                with contextlib.suppress(OSError):
                    group = Path(top, f"edugen-benchmark-{os.getpid()}")
                    group.mkdir()
                    self.group, self.top = group, Path(top)
                    self.seconds()
                    (group / "cgroup.procs").write_text(str(os.getpid()))

    def seconds(self) -> float:
        if self.group is None:
            times = os.times()
            return times.user + times.system + times.children_user + times.children_system
        if (self.group / "cpuacct.usage").exists():
            return int((self.group / "cpuacct.usage").read_text()) / 1e9
        return int(re.search(r"usage_usec (\d+)", (self.group / "cpu.stat").read_text())[1]) / 1e6      # type: ignore[index]

    def close(self) -> None:
        if self.group is not None:
            (self.top / "cgroup.procs").write_text(str(os.getpid()))
            self.group.rmdir()

    def of(self, step: Callable[[], object]) -> float:
        """What one step uses."""
        before = self.seconds()
        step()
        return self.seconds() - before


def graded(place: Path, exercises: Path, environment: dict[str, str], *options: str) -> tuple[float, float, str]:
    """`edugen grade`: wall seconds, CPU seconds of its sessions alone (pytest, and what checks compute), and what it said."""
    import psutil
    began, used = time.perf_counter(), {}
    process = subprocess.Popen([sys.executable, "-c", "from edugen.course.cli import main; main()", "grade",
                                str(place / "in"), "--out", str(place / "out"),
                                "--exercises", str(exercises), *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, env=environment)
    sessions: dict[int, psutil.Process] = {}
    while process.poll() is None:                                         # a session lives long, and is looked at now and then
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children():
                if child.pid not in sessions and "edugen.grading.runner" in child.cmdline():
                    sessions[child.pid] = child
        for pid, session in sessions.items():
            with contextlib.suppress(psutil.Error):
                times = session.cpu_times()
                used[pid] = times.user + times.system
        time.sleep(0.25)
    seconds = time.perf_counter() - began
    said = process.communicate()[0]
    if process.returncode:
        raise SystemExit(f"edugen grade failed:\n{said}")
    return seconds, sum(used.values()), said


def workers(tier: str, n: int) -> None:
    """Workers from a pool, each started, asked one thing, and ended."""
    from edugen.grading.process import Pool
    from edugen.grading.student import Student
    pool = Pool(tier=tier)
    for _ in range(n):
        with Student(Path("f.py"), "f", source=b"import numpy as np\ndef f(x): return x\n", process=pool.take) as one:
            one.call("f", 1.0)
    pool.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tier", choices=["landlock", "bubblewrap"], help="of isolation; by default the strongest that holds")
    parser.add_argument("--keep", type=Path, help="a folder to keep submissions and results in")
    arguments = parser.parse_args()
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    meter = Meter()
    with tempfile.TemporaryDirectory(prefix="edugen-benchmark-") as folder:
        place = arguments.keep or Path(folder)
        check, kinds = exercise(place), []
        for i, (kind, source) in enumerate(submissions(check, arguments.submissions)):
            kinds.append(kind)
            (place / "in" / f"student{i:03d}").mkdir(parents=True, exist_ok=True)
            (place / "in" / f"student{i:03d}" / f"{SECTION}.py").write_text(source, encoding="utf-8")
        (place / "secret").write_text("0123456789abcdef")
        mix = ", ".join(f"{kinds.count(kind)} {kind}" for kind in MIX)
        print(f"{len(kinds)} submissions, {N_CHECKS} checks: {mix}", flush=True)
        try:
            report(meter, arguments, place, check, environment)
        finally:
            meter.close()


def report(meter: Meter, arguments: argparse.Namespace, place: Path, check: Path, environment: dict[str, str]) -> None:
    """Grade, and say what it took; SystemExit where that is more than it may be."""
    from edugen.grading.batch import Store
    from edugen.grading.proof import exercise_of
    from edugen.grading.similarity import alike
    if arguments.tier == "landlock":                                          # the command takes the strongest that it finds
        environment = environment | {"PATH": os.path.dirname(sys.executable)}
    before = meter.seconds()
    wall, sessions, said = graded(place, place / "exercises", environment, "--workers", str(arguments.workers), "--secret",
                                  str(place / "secret"))
    total, store, parts = meter.seconds() - before, Store(place / "out"), exercise_of(check)
    records = store.records()
    tier = records[0]["isolation"]
    assert arguments.tier in (None, tier), f"graded at {tier}, and {arguments.tier} was asked"
    sources = {record["student"]: store.source(SECTION, record["student"]).read_bytes() for record in records}
    likeness = meter.of(lambda: alike(SECTION, sources, parts.stub.read_bytes(), parts.solution.read_bytes()))
    start = meter.of(lambda: workers(tier, 40)) / 40
    failed = sum(any(c["status"] == "failed" and c["answers"] for c in record["checks"]) for record in records)
    n = len(records) * N_CHECKS + failed
    rows = {f"starting and ending {n} workers, {1e3 * start:.0f} ms each": n * start,
            "sessions: pytest, and what checks compute": sessions, "similarity": likeness}
    rows["the rest: calls, looking after workers, reading and writing"] = total - sum(rows.values())
    print(f"isolation {tier}, {arguments.workers} sessions, {os.cpu_count()} cores; "
          f"{sum(r['earned'] for r in records)} points of {sum(r['points'] for r in records)}, {failed} asked for known mistakes")
    unseen = "" if meter.group or tier != "bubblewrap" else " (without workers: no control group may be made here)"
    print(f"wall {wall:.1f} s, CPU {total:.1f} s{unseen}, {1e3 * total / len(records):.0f} ms a submission")
    for label, seconds in rows.items():
        print(f"  {seconds:6.1f} s  {100 * seconds / total:3.0f} %  {label}")
    limit = GOAL * len(records) / 200
    holds = "holds" if wall <= limit else "does not hold"
    print(f"≤ {limit:.0f} s for {len(records)} on two cores: {holds} (on {os.cpu_count()})")
    if wall > limit:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
