"""JUnit's XML, as Jenkins and its kin read it: a suite for each student and exercise, a case for each check."""
from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from edugen.grading.formats.conditions import limits
from edugen.grading.gradebook import Gradebook
from edugen.grading.plugin import write_atomically

__all__ = ["write"]

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")       # in XML 1.0, even escaped


def write(book: Gradebook, folder: Path) -> list[Path]:
    """`junit.xml`: points and the file's fingerprint are properties; a check that was never run is an error, not a failure."""
    top = ET.Element("testsuites", name="edugen")
    for row in book.rows:
        for exercise, record in row.results.items():
            checks = record["checks"]
            failed = [c for c in checks if c["status"] in ("failed", "unwritten")]
            errors = [c for c in checks if c["status"] == "not run"]
            suite = ET.SubElement(top, "testsuite", name=_text(f"{row.label}.{exercise}"), tests=str(len(checks)),
                                  failures=str(len(failed)), errors=str(len(errors)), skipped="0", hostname="localhost",
                                  time=f"{record['seconds']:.3f}", timestamp=record["graded"].rstrip("Z"))
            properties = ET.SubElement(suite, "properties")
            facts = {**record, "sha256": record["sha256"] or "", "limits": limits(record)}
            for name in ("earned", "points", "file", "sha256", "edugen", "isolation", "limits", "seed"):
                ET.SubElement(properties, "property", name=name, value=_text(str(facts[name])))
            for check in checks:
                case = ET.SubElement(suite, "testcase", classname=_text(f"{exercise}.{row.label}"), name=check["name"],
                                     time=f"{check.get('seconds', 0):.3f}")
                if check["status"] == "passed":
                    continue
                kind = "error" if check["status"] == "not run" else "failure"
                text = _text(record["problem"] or check["message"] or check["status"])
                ET.SubElement(case, kind, message=text.partition("\n")[0], type=check.get("kind") or check["status"]).text = text
        for name, count in (("tests", "tests"), ("failures", "failures"), ("errors", "errors")):
            top.set(name, str(sum(int(suite.get(count, "0")) for suite in top)))
    ET.indent(top)
    path = folder / "junit.xml"
    write_atomically(path, '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n")
    return [path]


def _text(text: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
