"""Small notebooks, made where they are needed."""
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


@pytest.fixture
def write_notebook(tmp_path: Path) -> Callable[..., Path]:
    """Writes a notebook of the given code cells; a pair is a cell and its tags, a text that begins with # is Markdown."""

    def write(*cells: str | tuple[str, list[str]], name: str = "tiny.ipynb") -> Path:
        notebook = new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
        for n, cell in enumerate(cells):
            source, tags = (cell, []) if isinstance(cell, str) else cell
            new = new_markdown_cell if source.startswith("# ") else new_code_cell
            notebook.cells.append(new(source, id=f"cell-{n}", metadata={"tags": tags} if tags else {}))
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    return write
