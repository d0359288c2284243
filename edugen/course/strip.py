"""A notebook without the solutions of its your-turn cells. setup.py runs this file alone, so it imports nothing of edugen's."""

import json

__all__ = ["STUB", "strip"]

STUB = "# Your turn. Write down your prediction first, then your code here."


def strip(text: str) -> str:
    """A notebook, as text, with a stub in each of its cells tagged `solution`.

    Raises
    ------
    ValueError
        Where the text is not a notebook.
    """
    notebook = json.loads(text)
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError("this is no notebook: it has no list of cells")
    for cell in notebook["cells"]:
        if "solution" in cell["metadata"].get("tags", []):
            cell["source"] = [STUB]
            cell["outputs"], cell["execution_count"] = [], None
            cell["metadata"]["tags"] = ["your-turn" if tag == "solution" else tag for tag in cell["metadata"]["tags"]]
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
