# tier: landlock
# says: `double` raised (PermissionError|OSError|FileNotFoundError)
from pathlib import Path

import edugen


def double(x):
    folder = Path(edugen.__file__).parents[1] / "tests" / "grading" / "hostile"
    (folder / "conftest.py").write_text("import pytest\n")
    return x
