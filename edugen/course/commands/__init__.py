"""The command `edugen`, a file for each group of its commands. Apart from cli.py, which says in one line what is missing where
these imports fail."""

from . import doctor, equations, errata, exercises, grade, greeting, notebooks, private, release, workspace
from .group import edugen

__all__ = ["doctor", "edugen", "equations", "errata", "exercises", "grade", "greeting", "notebooks", "private", "release",
           "workspace"]
