"""What setup.cfg says is in the wheel, against what is on disk."""
import configparser
import re
from pathlib import Path

import edugen

ROOT = Path(__file__).parents[1]


def section(name: str) -> configparser.SectionProxy:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    return config[name]


def test_every_package_is_listed():
    listed = set(section("options")["packages"].split())
    mapped = {"edugen.course.notebooks", "edugen.course.exercises"}
    on_disk = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "edugen").rglob("*.py")}
    assert listed == on_disk | mapped, "list every package under [options] packages in setup.cfg, or the wheel lacks it"


def test_every_data_file_is_in_the_wheel():
    patterns = [pattern.strip() for pattern in section("options.package_data")["*"].split(",")]
    files = [path for path in (ROOT / "edugen").rglob("*")
             if path.is_file() and path.suffix not in {".py", ".pyc", ".nbi", ".nbc"} and path.name != ".DS_Store"]
    forgotten = [path for path in files if not any(path.match(pattern) for pattern in patterns)]
    assert not forgotten, "[options.package_data] in setup.cfg matches none of these"


def requirements(extra: str | None = None) -> list[str]:
    text = section("options.extras_require")[extra] if extra else section("options")["install_requires"]
    return [line for line in text.split("\n") if line and not line.startswith("edugen")]


def test_every_requirement_of_the_course_and_its_tests_has_a_lower_bound():
    unbounded = [line for extra in (None, "course", "test") for line in requirements(extra) if ">=" not in line]
    assert not unbounded, "write the oldest version that `.ci/run lowest` passed with"


def test_every_requirement_has_its_sentence():
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = {re.split(r"[\[>]", line)[0] for extra in (None, "course", "test", "site", "bench")
             for line in requirements(extra)}
    unexplained = [name for name in sorted(names) if f"**{name}**" not in contributing]
    assert not unexplained, "CONTRIBUTING.md says in a sentence why each dependency is here"


def test_version_is_in_the_changelog():
    assert f"## {edugen.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
