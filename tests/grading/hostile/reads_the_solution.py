# tier: landlock
# says: answer.py could not be imported: (PermissionError|FileNotFoundError)
from pathlib import Path

import edugen

exec((Path(edugen.__file__).parents[1] / "tests" / "grading" / "hostile" / "solution" / "answer.py").read_text())
