"""What setup.cfg cannot say: the notebooks of a wheel have stubs in place of their solutions."""
import runpy
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

STRIP = Path(__file__).parent / "edugen" / "course" / "strip.py"
strip = runpy.run_path(str(STRIP))["strip"]         # by its file: to import edugen takes NumPy, which a build has not got


class WithoutSolutions(build_py):
    """The usual copy of the packages; an editable install makes none, and keeps the clone's notebooks as they are."""

    def run(self):
        super().run()
        for path in Path(self.build_lib, "edugen", "course", "notebooks").rglob("*.ipynb"):
            path.write_bytes(strip(path.read_text(encoding="utf-8")).encode())


setup(cmdclass={"build_py": WithoutSolutions})
