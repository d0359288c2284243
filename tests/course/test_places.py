"""Where the course lies, and writing a file whole or not at all."""
import os
import stat
from pathlib import Path

import pytest

from edugen.course import places


def test_tree_of_an_installed_package(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "PACKAGE", tmp_path / "edugen")
    assert places.clone() is None
    with pytest.raises(FileNotFoundError, match=r"no folder .*notebooks.*install edugen again"):
        places.tree("notebooks")
    (tmp_path / "edugen" / "course" / "notebooks").mkdir(parents=True)
    assert places.tree("notebooks") == tmp_path / "edugen" / "course" / "notebooks"


def test_write_makes_folders_and_replaces(tmp_path):
    path = tmp_path / "a" / "b.txt"
    places.write_atomically(path, "one\n")
    places.write_atomically(path, "zwei ±\n".encode())
    assert path.read_text(encoding="utf-8") == "zwei ±\n"
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]


def test_written_file_has_the_mode_of_any_other(tmp_path):
    places.write_atomically(tmp_path / "ours", "x")
    (tmp_path / "any").write_text("x")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "any").stat().st_mode)


@pytest.mark.parametrize("moment", ["write_bytes", "replace"])
def test_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, moment):
    path = tmp_path / "page.html"
    path.write_text("old")

    def half(self, content):
        with open(self, "wb") as file:
            file.write(content[:3])
        raise KeyboardInterrupt

    def never(source, target):
        raise KeyboardInterrupt

    if moment == "write_bytes":
        monkeypatch.setattr(Path, "write_bytes", half)
    else:
        monkeypatch.setattr(os, "replace", never)
    with pytest.raises(KeyboardInterrupt):
        places.write_atomically(path, "new and longer")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]
