"""What students hand in, in every shape it comes in, and what is wrong with it."""
import os
import stat
import zipfile

import pytest

from edugen.grading.process import Limits
from edugen.grading.submissions import collect, file_name

STEMS = ["losses", "cross_entropy", "entropy"]


def names(found):
    return {s.student: {stem: h.source or h.problem for stem, h in s.files.items()} for s in found}


def zipped(path, **files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)


def test_folders_files_and_zips(tmp_path):
    (tmp_path / "ada" / "hw").mkdir(parents=True)
    (tmp_path / "ada" / "hw" / "losses.py").write_text("a")
    (tmp_path / "ada" / "hw" / "helper.py").write_text("x")
    (tmp_path / "bob_losses.py").write_text("b")
    (tmp_path / "bob-cross_entropy.py").write_text("c")         # and not bob-cross's entropy
    with zipfile.ZipFile(tmp_path / "cyd.zip", "w") as archive:
        archive.writestr("deep/er/losses.py", "d")
        archive.writestr("__MACOSX/losses.py", "junk")
    (tmp_path / "notes.txt").write_text("n")
    (tmp_path / "dan_unknown.py").write_text("u")
    (tmp_path / "losses.py").write_text("whose?")
    (tmp_path / "eve").mkdir()
    found, notes = collect(tmp_path, STEMS)
    assert names(found) == {"ada": {"losses": b"a"}, "bob": {"losses": b"b", "cross_entropy": b"c"}, "cyd": {"losses": b"d"},
                            "eve": {}}
    assert [note.partition(" ")[0] for note in notes] == ["dan_unknown.py", "eve", "losses.py", "notes.txt"]
    assert names(collect(tmp_path, STEMS, "losses")[0])["dan_unknown"] == {"losses": b"u"}


def test_one_zip_of_everything(tmp_path):
    whole = tmp_path / "all.zip"
    inner = tmp_path / "inner.zip"
    zipped(inner, losses="x")
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("losses.py", "inner")
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("hw1/ada/losses.py", "a")
        archive.writestr("hw1/bob/x/losses.py", "b")
        archive.write(inner, "hw1/cyd.zip")
    assert names(collect(whole, STEMS)[0]) == {"ada": {"losses": b"a"}, "bob": {"losses": b"b"}, "cyd": {"losses": b"inner"}}


def test_what_canvas_and_moodle_pack(tmp_path):
    (tmp_path / "lovelaceada_12_3456_losses-2.py").write_text("a")
    (tmp_path / "turingalan_LATE_13_99_cross_entropy.py").write_text("t")
    (tmp_path / "Grace Hopper_14_assignsubmission_file_").mkdir()
    (tmp_path / "Grace Hopper_14_assignsubmission_file_" / "losses.py").write_text("g")
    found, notes = collect(tmp_path, STEMS)
    assert names(found) == {"12": {"losses": b"a"}, "13": {"cross_entropy": b"t"}, "14": {"losses": b"g"}} and not notes
    assert [s.name for s in found] == ["lovelaceada", "turingalan", "Grace Hopper"]


def test_the_least_deep_and_then_the_newer_file_counts(tmp_path):
    for path, text, when in (("a/x/losses.py", "deep", 3), ("a/losses-1.py", "old", 1), ("a/losses.py", "new", 2)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        os.utime(tmp_path / path, (when, when))
    assert names(collect(tmp_path, STEMS)[0]) == {"a": {"losses": b"new"}}


def test_of_two_submissions_the_newer_counts_and_that_is_said(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "losses.py").write_text("old")
    os.utime(tmp_path / "ada", (1, 1))
    with zipfile.ZipFile(tmp_path / "ada.zip", "w") as archive:
        archive.writestr("losses.py", "new")
    found, notes = collect(tmp_path, STEMS)
    assert names(found) == {"ada": {"losses": b"new"}} and "ada handed in twice" in notes[0]


def test_links_are_not_followed(tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("secret")
    place = tmp_path / "in"
    (place / "ada").mkdir(parents=True)
    os.symlink(secret, place / "ada" / "losses.py")
    os.symlink(secret, place / "bob_losses.py")
    os.symlink(tmp_path, place / "cyd")
    with zipfile.ZipFile(place / "dan.zip", "w") as archive:
        info = zipfile.ZipInfo("losses.py")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, str(secret))
    found, notes = collect(place, STEMS)
    assert b"secret" not in [h.source for s in found for h in s.files.values()]
    assert all("link" in h.problem for s in found for h in s.files.values()) and {s.student for s in found} == {"ada", "dan"}
    assert len(notes) == 2 and all("links are not followed" in note for note in notes)


@pytest.mark.parametrize("name", ["../losses.py", "a/../../losses.py", "/losses.py", "..\\losses.py"])
def test_a_path_out_of_the_zip_leads_nowhere(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "ada.zip", "w") as archive:
        archive.writestr(name, "evil")
    before = sorted(tmp_path.rglob("*"))
    found, _ = collect(tmp_path, STEMS)
    assert all(h.source is None and "leads out of the zip" in h.problem for s in found for h in s.files.values())
    assert sorted(tmp_path.rglob("*")) == before


def test_bombs_and_giants_cost_little(tmp_path):
    with zipfile.ZipFile(tmp_path / "ada.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("losses.py", b"#" * (200 << 20))
    with zipfile.ZipFile(tmp_path / "bob.zip", "w") as archive:
        for i in range(6000):
            archive.writestr(f"{i}.py", "")
    (tmp_path / "cyd_losses.py").write_bytes(b"#" * (Limits().source + 1))
    found, _ = collect(tmp_path, STEMS)
    ada, bob, cyd = found
    assert "more than" in ada.files["losses"].problem and ada.files["losses"].source is None
    assert "more than 5,000 files" in bob.problem and "more than" in cyd.files["losses"].problem


def test_one_bad_zip_is_its_students_alone(tmp_path):
    (tmp_path / "ada.zip").write_bytes(b"PK not a zip")
    with zipfile.ZipFile(tmp_path / "bob.zip", "w") as archive:
        archive.writestr("losses.py", "b" * 1000)
    data = bytearray((tmp_path / "bob.zip").read_bytes())
    data[60:80] = b"\0" * 20                                            # the stored bytes, not the directory
    (tmp_path / "bob.zip").write_bytes(data)
    (tmp_path / "cyd_losses.py").write_text("c")
    found, _ = collect(tmp_path, STEMS)
    assert "could not be read" in found[0].problem and "could not be read" in found[1].files["losses"].problem
    assert found[2].files["losses"].source == b"c"


def test_names_of_files_are_safe_and_apart():
    taken: set[str] = set()
    for student in ("ada", "Ada", "a/da", "a:da", "..", "", "con", "x" * 200, "x" * 201):
        name = file_name(student, taken)
        assert name.casefold() not in taken and not set(name) & set('/\\:*?"<>|') and name.strip(".") == name and len(name) < 70
        taken.add(name.casefold())


def test_a_place_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        collect(tmp_path / "nowhere", STEMS)
    (tmp_path / "x.zip").write_text("no zip")
    with pytest.raises(zipfile.BadZipFile):
        collect(tmp_path / "x.zip", STEMS)
