"""Looks at what the course stands on, and says how to mend what is wrong."""

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import manifest, places

__all__ = ["Finding", "examine"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, what was found, and where it is wrong, what to do. A note is worth knowing, not wrong."""

    name: str
    found: str
    fix: str = ""
    note: bool = False

    @property
    def fine(self) -> bool:
        """Whether nothing has to be done."""
        return self.note or not self.fix

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self) | {"fine": self.fine}


def examine(folder: Path) -> Iterator[Finding]:
    """Everything the doctor looks at, one finding each; `folder` is where the student works.

    >>> {finding.name for finding in examine(Path())} >= {"Python", "numpy", "BLAS", "kernel", "course", "disk", "fonts"}
    True
    """
    for name, look in (("packages", _packages), ("BLAS", _threads), ("compiler", _compiler), ("kernel", lambda: [_kernel()]),
                       ("course", lambda: [_course()]), ("isolation", _isolation), ("fonts", lambda: [_fonts()]),
                       ("disk", lambda: _room(folder))):
        try:
            yield from look()
        except Exception as error:                                        # a doctor must not die of what he finds
            yield Finding(name, f"{type(error).__name__}: {error}", 'pip install "edugen[course]", and try again')


def _packages() -> Iterator[Finding]:
    """Python and each package against the bounds in setup.cfg, whose lower ends are versions that the tests passed with."""
    from packaging.requirements import Requirement

    try:
        metadata = importlib.metadata.metadata("edugen")
    except importlib.metadata.PackageNotFoundError:
        yield Finding("edugen", "not installed", 'pip install -e ".[course]" in the clone')
        return
    wanted = Requirement(f"python{metadata['Requires-Python'] or ''}").specifier
    version = platform.python_version()
    yield Finding("Python", f"{version} at {sys.executable}", "" if wanted.contains(version) else f"install Python {wanted}")
    for line in importlib.metadata.requires("edugen") or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": "course"}):
            try:
                version = importlib.metadata.version(requirement.name)
            except importlib.metadata.PackageNotFoundError:
                version = "not installed"
            good = version != "not installed" and requirement.specifier.contains(version, prereleases=True)
            bound = f"{requirement.name}{requirement.specifier}"
            yield Finding(requirement.name, version, "" if good else f'pip install "{bound}"')


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads() -> Iterator[Finding]:
    """BLAS, how many threads it takes, and how long they spin after their work, when the kernels want the cores."""
    import numpy as np

    blas = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    name, cores = blas.get("name", "unknown"), _cores()
    limits = {v: os.environ[v] for v in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS") if v in os.environ}
    many = [v for v, n in limits.items() if n.isdigit() and int(n) > cores]
    shown = ", ".join(f"{v}={n}" for v, n in limits.items()) or f"a thread for each of {cores} cores"
    fix = f"unset {', '.join(many)}: more threads than the {cores} cores wait for each other" if many else ""
    yield Finding("BLAS", f"{name} {blas.get('version', '')}, {shown}", fix)
    if "openblas" in name.lower():
        timeout = os.environ.get("OPENBLAS_THREAD_TIMEOUT", "")
        short = timeout.isdigit() and int(timeout) <= 12
        fix = "set OPENBLAS_THREAD_TIMEOUT=4: BLAS's threads spin after a product, and take the cores from the kernels"
        yield Finding("BLAS timeout", f"OPENBLAS_THREAD_TIMEOUT {timeout or 'not set'}", "" if short else fix)


def _compiler() -> Iterator[Finding]:
    """Whether Numba works here, and whether what it compiled is kept."""
    from ..kernels.jit import cache_folder

    try:
        import numba
    except ModuleNotFoundError:
        yield Finding("compiler", "no Numba: every kernel runs in NumPy, more slowly", "pip install numba")
        return
    except ImportError as error:                            # a NumPy that is too new for it says so here
        yield Finding("compiler", f"Numba: {error}", "pip install -U numba")
        return
    config: Any = numba.config
    folder = Path(config.CACHE_DIR or cache_folder())               # NUMBA_CACHE_DIR stays the user's choice
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        fix = "set EDUGEN_CACHE to a folder of yours: until then every process compiles the kernels for itself"
        yield Finding("kernel cache", f"{folder}: {error.strerror or error}", fix)
        return
    compiled = len(list(folder.rglob("*.nbi")))
    cold = "" if compiled else "nothing to mend: each kernel is compiled at its first call, which takes seconds, once"
    yield Finding("kernel cache", f"{folder}, {compiled} kernels compiled", cold, note=True)


def _kernel() -> Finding:
    """Which Python JupyterLab will run a notebook's kernel python3 in."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    fix = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding("kernel", "no kernel python3", fix)
    except (ValueError, IndexError, OSError) as error:
        return Finding("kernel", f"its kernel.json can't be read: {error}", fix)
    here = os.path.basename(program).startswith("python") and not os.path.dirname(program)      # Jupyter puts its own in place
    same = here or os.path.realpath(program) == os.path.realpath(sys.executable)
    return Finding("kernel", "python3, this Python" if same else f"python3 is {program}, not this Python", "" if same else fix)


def _course() -> Finding:
    root = places.clone()
    where = f"clone at {root}" if root else f"installed at {places.PACKAGE}"
    try:
        missing = [s.stem for s in manifest.course().sections if not (s.notebook.is_file() and s.exercise.is_file())]
        beside = [n.stem for n in manifest.course().notebooks if not n.notebook.is_file()]
    except FileNotFoundError as error:
        return Finding("course", where, str(error))
    count = len(manifest.course().sections)
    fix = f"no notebook or no exercise of {', '.join(missing + beside)}: get the whole course again"
    return Finding("course", f"{where}, {count - len(missing)} of {count} sections", fix if missing or beside else "")


def _isolation() -> Iterator[Finding]:
    """What the grader can put between a submission and this machine: for those who grade. A student needs none of it."""
    from ..grading import isolation

    tiers = isolation.probe().values()
    found = "; ".join(f"{tier.name}: {tier.detail if tier.available else f'no, {tier.detail}'}" for tier in tiers)
    where = isolation.container()
    fix = "" if isolation.best() != isolation.TIERS[0] else (
        "students need nothing. To grade what people you don't trust have written, use Linux: a kernel with Landlock (5.13 or "
        "later), or bubblewrap (apt install bubblewrap)")
    yield Finding("isolation", found + (f"; all of it in a container, {where}" if where else ""), fix, note=True)


def _fonts() -> Finding:
    """Whether matplotlib finds the font of the course's pictures."""
    import matplotlib
    from matplotlib import font_manager

    from ..plots.style import STYLE

    family = str(STYLE["font.family"])
    try:
        return Finding("fonts", f"{family} at {font_manager.findfont(family, fallback_to_default=False)}")
    except ValueError:
        fix = "it comes with matplotlib: pip install --force-reinstall matplotlib, and remove its list of fonts in "
        return Finding("fonts", f"matplotlib does not find {family}", f"{fix}{matplotlib.get_cachedir()}")


def _room(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free / 2**30
    low = "make room: notebooks, their pages and compiled kernels need half a gigabyte"
    yield Finding("disk", f"{free:.1f} GB free", "" if free > 0.5 else low)
    if not os.access(folder, os.W_OK):
        yield Finding("folder", f"{folder} cannot be written to", "go to a folder of yours first")
