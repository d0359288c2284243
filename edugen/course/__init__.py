"""The course: its manifest, command line, notebooks, equation index and errata."""

from .errata import show_erratum
from .manifest import Chapter, Course, Section, UnknownSection, course

__all__ = ["Chapter", "Course", "Section", "UnknownSection", "course", "show_erratum"]
