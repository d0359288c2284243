"""Looks at what the course stands on, and says how to mend what is wrong."""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import manifest, places

__all__ = ["Finding", "examine"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, what was found, and where it is wrong, what to do."""

    name: str
    found: str
    fix: str = ""

    @property
    def fine(self) -> bool:
        """Whether nothing is to be done."""
        return not self.fix


def examine(folder: Path) -> Iterator[Finding]:
    """Everything the doctor looks at, one finding each; `folder` is where the student works.

    >>> {finding.name for finding in examine(Path())} >= {"Python", "numpy", "BLAS", "kernel", "course", "disk"}
    True
    """
    yield from _packages()
    yield _blas()
    yield _kernel()
    yield _course()
    free = shutil.disk_usage(folder).free / 2**30
    low = "make room: notebooks and their pages need half a gigabyte"
    yield Finding("disk", f"{free:.1f} GB free", "" if free > 0.5 else low)
    if not os.access(folder, os.W_OK):
        yield Finding("folder", f"{folder} cannot be written to", "go to a folder of yours first")


def _packages() -> Iterator[Finding]:
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


def _blas() -> Finding:
    import numpy as np

    blas = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
    limits = [f"{name}={os.environ[name]}" for name in names if name in os.environ]
    threads = ", ".join(limits) or f"a thread for each of {os.cpu_count()} cores"
    return Finding("BLAS", f"{blas.get('name', 'unknown')} {blas.get('version', '')}, {threads}")


def _kernel() -> Finding:
    """Which Python JupyterLab will run a notebook's kernel python3 in."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    fix = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding("kernel", "no kernel python3", fix)
    here = os.path.basename(program).startswith("python") and not os.path.dirname(program)      # Jupyter puts its own in place
    same = here or os.path.realpath(program) == os.path.realpath(sys.executable)
    return Finding("kernel", "python3, this Python" if same else f"python3 is {program}, not this Python", "" if same else fix)


def _course() -> Finding:
    root = places.clone()
    where = f"clone at {root}" if root else f"installed at {places.PACKAGE}"
    try:
        missing = [s.stem for s in manifest.course().sections if not (s.notebook.is_file() and s.exercise.is_file())]
    except FileNotFoundError as error:
        return Finding("course", where, str(error))
    count = len(manifest.course().sections)
    fix = f"no notebook or no exercise of {', '.join(missing)}: get the whole course again"
    return Finding("course", f"{where}, {count - len(missing)} of {count} sections", fix if missing else "")
