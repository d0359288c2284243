"""What every test may ask for."""
import importlib
import os
import sys
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:      # one worker a core: threads of BLAS in each would fight
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Under tests only test_*.py is a test: doctest must not import solutions, mutants or benchmarks."""
    return True if collection_path.suffix == ".py" and not collection_path.name.startswith("test_") else None


@pytest.fixture
def rng() -> np.random.Generator:
    """The same generator for every test: what fails once, fails again."""
    return np.random.default_rng(0)


@pytest.fixture
def importable(tmp_path, monkeypatch):
    """Make a module of some source, that other processes can import: test modules themselves they can't."""
    made = []

    def write(source: str, name: str = "module_of_this_test"):
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        made.append(name)
        return importlib.import_module(name)
    yield write
    for name in made:
        del sys.modules[name]
