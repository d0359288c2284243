# tier: process
# says: every entry is 0.5 times
import os
import subprocess
import sys
from pathlib import Path

LINE = "import os; open('planted', 'w').close(); os._exit(0)"


def double(x):
    for folder in (".", os.environ["HOME"], os.environ["TMPDIR"]):
        for name in ("numpy.py", "conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.py", "edugen.py", "json.py"):
            Path(folder, name).write_text(LINE)
    subprocess.run([sys.executable, "-I", "-c", "import numpy"], check=True)        # the next worker starts like this
    assert not os.path.exists("planted")
    return x
