"""Notebooks: run in a fresh kernel, and followed from cell to cell."""

import importlib.util
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode

__all__ = ["SETUP", "NotebookFailed", "execute", "read", "tags"]

KERNEL_ENVIRONMENT = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # whatever the shell around us asks for
    "OPENBLAS_THREAD_TIMEOUT": "4",         # BLAS threads that spin on after a product fight our kernels' for the cores
    "TQDM_DISABLE": "1",                    # a bar is for a person who watches; on the page it would be a stump
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # ipykernel's debugger would warn about frozen modules
}

# Every notebook's first code begins so. edugen has no public address yet that Colab could install it from: the day it has, this
# is the place to write it, and the test of every notebook says where to copy it.
SETUP = """\
try:
    import edugen
except ImportError:                                # in Colab: upload its wheel, and run this cell again
    import sys
    from glob import glob
    wheels = sorted(glob("edugen-*.whl")) if "google.colab" in sys.modules else []
    if not wheels:
        raise ImportError("edugen is missing. In a clone of it: pip install -e . For Colab: pip wheel --no-deps . in a clone, "
                          "upload the wheel there (Files, at the left), and run this cell again") from None
    %pip install -q {wheels[-1]}
"""

WIDGET = "application/vnd.jupyter.widget-view+json"


class NotebookFailed(Exception):
    """A notebook did not run to its end. The message shows the cell, its line, and the error.

    Attributes
    ----------
    cell : int, position of the cell in the notebook, from 0
    error : str, name of the error, such as "AssertionError", "Timeout", "DeadKernel" or, where no cell was run, "NoKernel"
    """

    def __init__(self, message: str, cell: int, error: str):
        super().__init__(message)
        self.cell, self.error = cell, error


class _ThisPython(KernelSpecManager):
    """Always the Python that runs us: a kernel called python3 that is found on the machine may be another's."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


def read(path: Path) -> NotebookNode:
    """The notebook in a file.

    Raises
    ------
    ValueError
        Where the file is not a notebook; the message names it.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError) as error:
        raise ValueError(f"{path} is not a notebook: {str(error).splitlines()[0]}") from error
    return notebook


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def execute(
    path: Path,
    *,
    limit: float = 600,
    progress: Callable[[int, int], Any] = lambda done, total: None,
    env: Mapping[str, str] | None = None,
    edit: Callable[[NotebookNode], Any] = lambda notebook: None,
) -> NotebookNode:
    """Run a notebook from its first cell, in a fresh kernel and an empty folder.

    Parameters
    ----------
    path : the notebook's file, which stays as it is
    limit : seconds for the whole notebook, from the moment its kernel is there
    progress : called with the number of cells done and of all cells, before the first cell and after each
    env : variables added to the kernel's environment
    edit : may change the notebook in place before it runs

    Returns
    -------
    The notebook with its outputs.

    Raises
    ------
    NotebookFailed
        Where a cell raises, the time is over, or the kernel dies or does not start.
    """
    notebook = read(path)
    edit(notebook)
    log = logging.getLogger("edugen.notebooks")
    log.disabled = True                                             # what goes wrong is raised, and told once
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_ThisPython(), log=log)
    deadline, position, total = float("inf"), 0, len(notebook.cells)
    client = NotebookClient(
        notebook, km=manager, log=log, shutdown_kernel="immediate", coalesce_streams=True,
        timeout_func=lambda cell: max(deadline - time.monotonic(), 0.01),
    )
    # A page has no widgets. And answering one from within a cell can lose the cell's own reply: what is sent while a reply
    # is awaited swallows the socket's wake-up. Unanswered, a widget's output is the cell's, and so on the page.
    client.comm_open_handlers.clear()
    environment = {**os.environ, **KERNEL_ENVIRONMENT, **(env or {})}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            with client.setup_kernel(cwd=folder, env=environment, cleanup_kc=True):
                deadline = time.monotonic() + limit
                progress(0, total)
                for position, cell in enumerate(notebook.cells):
                    client.execute_cell(cell, position)
                    if cell.cell_type == "code":
                        cell.outputs = [output for output in cell.outputs if _without_widget(output)]
                    progress(position + 1, total)
        except CellExecutionError as error:
            message = f"{_where(path, notebook, position)} raised\n\n{_tell(notebook.cells[position], error)}"
            raise NotebookFailed(message, position, error.ename) from None
        except CellTimeoutError:
            message = f"{_where(path, notebook, position)} was running when the notebook's {limit:g} s were over"
            raise NotebookFailed(message, position, "Timeout") from None
        except RuntimeError as error:
            if deadline == float("inf"):                            # no cell has run yet
                raise NotebookFailed(_no_kernel(path, error), 0, "NoKernel") from None
            reason = f"({error}): out of memory, or a crash in compiled code"
            message = f"{_where(path, notebook, position)} lost its kernel {reason}"
            raise NotebookFailed(message, position, "DeadKernel") from None
    return notebook


def _no_kernel(path: Path, error: RuntimeError) -> str:
    begin = f"{path.name} was not run: Python's kernel did not start"
    if importlib.util.find_spec("ipykernel") is None:
        return f'{begin}, for ipykernel is not installed. pip install "edugen[course]"'
    return (f"{begin} ({error}). Its own message, if any, is above. Often this mends it: "
            f"{sys.executable} -m pip install --force-reinstall ipykernel")


def _without_widget(output: NotebookNode) -> bool:
    """Take a widget out of an output, and say whether there is something left to see."""
    data = output.get("data", {})
    return data.pop(WIDGET, None) is None or data.keys() > {"text/plain"}


def _where(path: Path, notebook: NotebookNode, position: int) -> str:
    cell = notebook.cells[position]
    return f"{path.name}, cell {position + 1} of {len(notebook.cells)} ({cell.get('id', 'no id')})"


def _tell(cell: NotebookNode, error: CellExecutionError) -> str:
    """What a reader looks for in a traceback: the lines around the one that failed, the last frame, the error."""
    trace = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)
    lines = re.sub(r"\A(\s*\n)+", "", cell.source).splitlines()      # IPython drops empty lines at the top
    own = re.search(rf"Cell In\s?\[{cell.execution_count}\], line (\d+)", trace)
    told = []
    if own and int(own[1]) <= len(lines):
        at = int(own[1])
        shown = range(max(at - 3, 1), min(at + 1, len(lines)) + 1)
        told = [f"{'>' if n == at else ' '} {n:3} | {lines[n - 1]}" for n in shown]
    frames = re.findall(r"^(?:File (.+?):(\d+)|Cell In\s?\[(\d+)\], line (\d+)), in (\w+)", trace, re.MULTILINE)
    if frames:
        file, line, number, cell_line, function = frames[-1]
        told += ["", f"in {function}, {f'{file}:{line}' if file else f'line {cell_line} of In [{number}]'}"]
    return "\n".join([*told, "", f"{error.ename}: {error.evalue}" if error.evalue else error.ename]).strip("\n")
