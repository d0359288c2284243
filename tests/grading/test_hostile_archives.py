"""Zips that want to be more than a zip: each is graded as what it is, beside an honest one, and nothing is written anywhere."""
import io
import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from edugen.grading import isolation
from edugen.grading.batch import Store, grade_all
from edugen.grading.submissions import collect

FOLDER = Path(__file__).with_name("hostile")
RIGHT = (FOLDER / "solution" / "answer.py").read_text()


def packed(*entries, method=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, content)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return stream.getvalue()


def link(name):
    """An entry that says it is a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def changed(data, old, new):
    """The same bytes with one of its fields forged, wherever it stands."""
    assert old in data and len(old) == len(new)
    return data.replace(old, new)


BOMB = packed(("answer.py", b"#" * (300 << 20)))
SIZE = (300 << 20).to_bytes(4, "little")
ARCHIVES = {
    "above": packed(("../answer.py", RIGHT)), "further_above": packed(("a/../../../answer.py", RIGHT)),
    "root": packed(("/answer.py", RIGHT)), "windows": packed(("..\\answer.py", RIGHT)), "drive": packed(("C:\\answer.py", RIGHT)),
    "link": packed((link("answer.py"), str(FOLDER / "solution" / "answer.py"))),
    "link_to_folder": packed((link("a"), str(FOLDER / "solution")), ("a/b", "")),
    "bomb": BOMB, "bomb_that_lies": changed(BOMB, SIZE, (100).to_bytes(4, "little")),
    "nested_bomb": packed(("inner.zip", packed(("inner.zip", BOMB)))),
    "many": packed(*((f"{i}.py", "") for i in range(6000)), method=zipfile.ZIP_STORED),
    "folder": packed(("answer.py/", b""), ("answer.py/answer.txt", RIGHT)),
    "encrypted": changed(packed(("answer.py", RIGHT)), b"PK\x01\x02\x14\x03\x14\x00\x00\x00",
                         b"PK\x01\x02\x14\x03\x14\x00\x01\x00"),
    "cut": packed(("answer.py", RIGHT))[:-30], "empty": b"", "text": b"I did the exercise, I promise"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """All of them and an honest one, as a class; with what lies beside, before and after, and the memory that reading took."""
    top = tmp_path_factory.mktemp("class")
    place = top / "in"
    place.mkdir()
    for name, data in ARCHIVES.items():
        (place / f"{name}.zip").write_bytes(data)
    (place / "honest.zip").write_bytes(packed(("work/answer.py", RIGHT)))
    before = sorted(top.rglob("*"))
    tracemalloc.start()
    found, notes = collect(place, ["answer"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    written = sorted(set(top.rglob("*")) - set(before))
    store = Store(tmp_path_factory.mktemp("out"))
    grade_all(found, {"answer": FOLDER / "check_answer.py"}, store, b"0123456789abcdef", tier=isolation.best(), mistakes=False)
    return {record["student"]: record for record in store.records()}, notes, written, peak


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_earns_nothing_and_is_told_why(graded, name):
    record = graded[0].get(name)
    reasons = [c["message"] for c in record["checks"]] if record else [note for note in graded[1] if name in note]
    assert reasons and all(reasons) and (record is None or record["earned"] == 0)
    assert not any(str(FOLDER) in reason or "Traceback" in reason for reason in reasons), reasons


def test_the_honest_one_is_graded_as_ever(graded):
    assert graded[0]["honest"]["earned"] == 2


def test_nothing_was_unpacked_and_little_was_read(graded):
    assert graded[2] == [] and graded[3] < 40 << 20
    assert not os.path.exists("answer.py") and not os.path.exists("../answer.py")
