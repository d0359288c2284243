"""What a submission may import: edugen up to, but not including, the section that it is asked to build.

Students build on what they have, and a derivation by hand is not an import of torch. This is pedagogy, not security: it
stops an import statement and a look into a package, says why, and does not stop somebody who takes the pains to go around.

Everything of edugen is in place for edugen itself (an early section may be built on a late one, as a lecture must not);
only the student's own lines are refused. So what a package hands on from a hidden section is refused too.

`rules` is the grader's side. The worker loads this file by its path and uses `Guard`.
"""
from __future__ import annotations

import builtins
import importlib
import importlib.util
import sys
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["ALLOWED", "ENGINE", "Guard", "rules"]

ALLOWED = ("numpy", "scipy", "numba", "matplotlib", "tqdm", "edugen")       # beside the standard library
ENGINE = ("edugen.autodiff", "edugen.training")                             # what `BUILDS_ENGINE` is about, grown up
BUILDS_ENGINE = "reverse_mode"
DIFFERENTIATES = (*ENGINE, f"edugen.classification.{BUILDS_ENGINE}", "scipy.differentiate")    # what a derivation is not


def rules(stem: str, allow: Iterable[str] = (), hide: Iterable[str] = (), by_hand: bool = False) -> dict[str, Any]:
    """What the exercise of the section `stem` may import, and why not the rest, as a `Guard` wants it.

    An exercise that is no section of the course (an instructor's own) sees all sections.

    Parameters
    ----------
    stem : name of the exercise
    allow, hide : further packages that it may import; further modules that it may not
    by_hand : whether it is a derivation, so that what differentiates is hidden, too

    Examples
    --------
    >>> hidden = rules("cross_entropy")["hidden"]
    >>> hidden["edugen.classification.cross_entropy"]
    'this exercise asks you to build it'
    >>> hidden["edugen.classification.backprop"]
    'it comes later, in section 2.2'
    >>> "edugen.classification.losses" in hidden
    False
    """
    from edugen.course.manifest import course

    chapters = course().chapters
    sections = [(section.stem, f"edugen.{section.package}.{section.stem}", section.number) for section in course().sections]
    stems = [name for name, _, _ in sections]
    hidden = {"edugen.grading": "it is the grader", "edugen.course": "it holds the checks"}
    if stem in stems:
        place = stems.index(stem)
        own = course().sections[place].chapter
        for name, module, number in sections[place:]:
            hidden[module] = "this exercise asks you to build it" if name == stem else f"it comes later, in section {number}"
        hidden |= {f"edugen.{c.package}": f"it comes later, in chapter {c.number}" for c in chapters if c.number > own}
        if BUILDS_ENGINE in stems[place:]:
            number = sections[stems.index(BUILDS_ENGINE)][2]
            hidden |= dict.fromkeys(ENGINE, f"you build an engine of your own in section {number}, {BUILDS_ENGINE}")
    if by_hand:
        hidden = dict.fromkeys(DIFFERENTIATES, "this task is to be derived by hand") | hidden
    hidden |= dict.fromkeys(hide, "this exercise is to be done without it")
    return {"hidden": hidden, "allowed": [*ALLOWED, *allow]}


class Guard:
    """Refuses what a student's lines may not import.

    Parameters
    ----------
    scope : globals of the student's file
    hidden : modules that it may not see, each with the reason
    allowed : packages that it may import beside the standard library
    """

    def __init__(self, scope: dict[str, Any], hidden: Mapping[str, str], allowed: Sequence[str]) -> None:
        self.scope, self.hidden, self.allowed = scope, hidden, {*allowed, scope["__name__"]}
        self.bare: Any = builtins.__import__

    def install(self) -> None:
        """From now on, its import statements come here; those of everybody else do not."""
        self.scope["__builtins__"] = {**vars(builtins), "__import__": self.import_}
        bare = importlib.import_module

        def import_module(name: str, package: str | None = None) -> types.ModuleType:
            if sys._getframe(1).f_globals is self.scope:
                return self.import_(name, fromlist=("",)) if not package else bare(name, package)
            return bare(name, package)
        importlib.import_module = import_module

    def import_(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        """In place of `__import__`."""
        if level == 0:
            self.check(name)
            for item in fromlist or ():
                self.check(f"{name}.{item}")
            top = name.partition(".")[0]
            if top not in self.allowed and top not in sys.stdlib_module_names and self.exists(top):
                raise ImportError(f"{top} is not for this exercise: it is to be done with NumPy, SciPy, the standard library "
                                  "and what edugen has so far")
        module = self.bare(name, globals, locals, fromlist, level)
        for key, loaded in list(sys.modules.items()):
            if key.partition(".")[0] == "edugen" and type(loaded) is types.ModuleType:
                loaded.__class__ = guarded(self)
        return module

    @staticmethod
    def exists(name: str) -> bool:
        """Whether there is such a package; of one that there is not, Python's own words are better."""
        try:
            return importlib.util.find_spec(name) is not None
        except (ImportError, ValueError):
            return False

    def check(self, name: str) -> None:
        """ImportError where a module is hidden."""
        for module, reason in self.hidden.items():
            if name == module or name.startswith(module + "."):
                raise ImportError(f"{module} is hidden from this exercise: {reason}")

    def check_value(self, value: Any) -> None:
        """The same for what comes out of a package: by the module that it is, or where it was defined."""
        origin = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
        if isinstance(origin, str) and origin.startswith("edugen."):
            self.check(origin)


def guarded(guard: Guard) -> type[types.ModuleType]:
    """A class of modules which the student's lines see less of than others."""
    class Module(types.ModuleType):
        def __getattribute__(self, name: str) -> Any:
            value = super().__getattribute__(name)
            if sys._getframe(1).f_globals is guard.scope:
                guard.check_value(value)
            return value
    return Module
