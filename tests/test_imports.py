"""Imports run one way (the contract in setup.cfg), and `import edugen` stays light."""
import configparser
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import edugen

ROOT = Path(__file__).parents[1]
LINT = "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"
PACKAGES = sorted({module.name for module in pkgutil.iter_modules(edugen.__path__)} - {"plots", "course", "grading"})


def python(code: str, folder: Path = ROOT) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


def layers() -> list[list[str]]:
    """The stack as setup.cfg declares it, highest first; packages of one layer together."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["importlinter:contract:stack"]["layers"].split("\n")
    return [[name.strip(" ()") for name in line.replace(":", "|").split("|")] for line in lines if line]


def plant(tree: Path, package: str, line: str = "") -> None:
    """Write `line` into `package`; what does not exist yet is made."""
    folder = tree / "edugen" / package
    module = folder.with_suffix(".py")
    if not module.exists():
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
        module = folder / "planted.py"
    with module.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "edugen", tmp_path / "edugen", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def test_the_contract_holds():
    result = python(LINT)
    assert result.returncode == 0, result.stdout


def test_a_planted_import_is_caught_at_every_layer(copy):
    stack = layers()
    upward = [(low, high) for highs, lows in zip(stack, stack[1:]) for low in lows for high in highs]
    for low, high in upward:
        plant(copy, high)
        plant(copy, low, f"def later():\n    import edugen.{high}")     # hidden in a function, it still counts
    output = python(LINT, copy).stdout
    missed = [f"{low} -> {high}" for low, high in upward
              if f"edugen.{low} is not allowed to import edugen.{high}:" not in output]
    assert len(upward) >= 12 and not missed, f"planted, not reported: {missed}\n{output}"


@pytest.mark.parametrize("package, line, report", [
    ("classification", "from edugen.kernels import planted", "edugen.classification.planted -> edugen.kernels.planted"),
    ("latent", "import edugen.undirected", "edugen.latent is not allowed to import edugen.undirected"),
    ("plots", "import edugen.data", "edugen.plots is not allowed to import edugen.data"),
    ("utils", "", "- edugen.utils"),
])
def test_a_forbidden_shortcut_is_caught(copy, package, line, report):
    for other in ("kernels", "undirected", "data"):
        plant(copy, other)
    plant(copy, package, line)
    result = python(LINT, copy)
    assert result.returncode == 1 and report in result.stdout, result.stdout


def imported(module: str) -> set[str]:
    """Top-level packages that a fresh process holds after importing `module`."""
    result = python(f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})")
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def test_import_edugen_is_light():
    heavy = imported("edugen") & {"numba", "matplotlib", "scipy", "tqdm", "click", "rich", "pytest", "IPython"}
    assert not heavy, f"`import edugen` imports {', '.join(sorted(heavy))}: import it inside the function that needs it"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_of_the_stack_is_heavy_before_it_is_used(package):
    assert not imported(f"edugen.{package}") & {"numba", "matplotlib", "tqdm"}


def test_importing_edugen_costs_no_more_than_importing_numpy(tmp_path):
    """As a ratio, in one process (machines differ by a factor of four), and from bytecode, where this machine writes none."""
    code = """if True:
        import time; start = time.process_time()
        import numpy; between = time.process_time()
        import edugen; end = time.process_time()
        print((end - between) / (between - start))"""
    command = [sys.executable, "-X", f"pycache_prefix={tmp_path}", "-c", code]
    bytecode = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    runs = [subprocess.run(command, cwd=ROOT, env=bytecode, capture_output=True, text=True, check=True) for _ in range(6)]
    assert min(float(run.stdout) for run in runs) < 1.0                 # of CPU time, the least: 0.3


WITHOUT_UNIX = """
import os, pkgutil, importlib, signal, sys

unix = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in unix:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


import asyncio, multiprocessing, subprocess, numpy, pytest      # they ask for their system at their import
for name in unix:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Absent())
for module, names in {os: ("fork", "getuid", "geteuid", "killpg", "setsid", "getpgid", "getloadavg", "sched_getaffinity"),
                      signal: ("SIGKILL", "SIGALRM", "SIGCHLD", "SIGXCPU", "setitimer")}.items():
    for name in names:
        vars(module).pop(name, None)
import edugen.grading
print(*[importlib.import_module(m.name).__name__ for m in pkgutil.walk_packages(edugen.grading.__path__, "edugen.grading.")])
"""


def test_the_grader_can_be_imported_where_there_is_no_unix():
    """Windows has no `resource`, no `fork`, no SIGKILL: whoever wants one asks for it when it is needed."""
    done = python(WITHOUT_UNIX)
    assert done.returncode == 0, done.stderr
    assert {"edugen.grading.supervisor", "edugen.grading.runner", "edugen.grading.batch"} <= {*done.stdout.split()}
