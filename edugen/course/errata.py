"""Errata of the lectures, read from errata.toml. Each is proven by two functions of tests/test_errata.py."""

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .manifest import label_key

__all__ = ["Erratum", "errata", "show_erratum"]


@dataclass(frozen=True)
class Erratum:
    """What is printed at an equation, what is right, and why, in a line. Formulas are LaTeX without dollars.

    `where` is "equation", or "text" where the equation is right and a sentence beside it isn't; `printed` then says in symbols
    what the sentence claims.
    """

    label: str
    printed: str
    right: str
    reason: str
    where: str = "equation"

    @property
    def tests(self) -> tuple[str, str]:
        """Names of the functions that show the printed form failing, and the right one holding.

        >>> Erratum("4.36", "", "", "").tests
        ('test_4_36_printed', 'test_4_36_right')
        """
        name = re.sub(r"[^A-Za-z0-9]", "_", self.label)
        return f"test_{name}_printed", f"test_{name}_right"

    @property
    def markdown(self) -> str:
        """Both forms, the reason and the proof, as a notebook shows them."""
        head, says, instead = f"**Erratum ({self.label}).**", "The notes print", "It should be"
        if self.where == "text":
            head, says, instead = f"{head} The equation is right.", "The text beside it says", "Right is"
        tests = " and ".join(f"`{name}`" for name in self.tests)
        return (f"{head} {says}\n\n$${self.printed}$$\n\n{instead}\n\n$${self.right}$$\n\n{_plain(self.reason)}\n\n"
                f"*Proven in tests/test_errata.py, by {tests}.*")


def _plain(text: str) -> str:
    r"""Text in which Markdown sees no marks of its own.

    >>> print(_plain("x_n * 2 < 3"))
    x\_n \* 2 \< 3
    """
    return re.sub(r"([\\`*_<>$\[\]])", r"\\\1", text)


def show_erratum(*labels: str) -> None:
    """Show errata in a notebook: what is printed, what is right, why, and the tests that prove it.

    Raises
    ------
    ValueError
        Where no erratum is known at a label.

    Examples
    --------
    >>> show_erratum("9.99")
    Traceback (most recent call last):
    ValueError: no erratum is known at '9.99'; `edugen errata` lists them
    """
    known = {erratum.label: erratum for erratum in errata()}
    if missing := [label for label in labels if label not in known]:
        raise ValueError(f"no erratum is known at {missing[0]!r}; `edugen errata` lists them")
    from IPython.display import Markdown, display

    for label in labels:
        display(Markdown(known[label].markdown))


def read(text: str) -> tuple[Erratum, ...]:
    """The errata in a text of TOML, sorted by label.

    Raises
    ------
    ValueError
        Where a key is missing, unknown or empty, or a label stands twice.
    """
    found: dict[str, Erratum] = {}
    for entry in tomllib.loads(text).get("erratum", []):
        label = entry.get("label", "?")
        wrong = {"label", "printed", "right", "reason"} ^ {key for key, value in entry.items() if str(value).strip()} - {"where"}
        if wrong:
            raise ValueError(f"errata.toml: {label} has a missing, empty or unknown key: {', '.join(sorted(wrong))}")
        if entry.get("where", "text") not in ("equation", "text"):
            raise ValueError(f'errata.toml: {label}: where must be "equation" or "text", got {entry["where"]!r}')
        if label in found:
            raise ValueError(f"errata.toml: the label {label} stands twice")
        found[label] = Erratum(**entry)
    return tuple(sorted(found.values(), key=lambda erratum: label_key(erratum.label)))


@functools.cache
def errata() -> tuple[Erratum, ...]:
    """The errata of the course, in lecture order, read once."""
    return read(Path(__file__).with_name("errata.toml").read_text(encoding="utf-8"))
