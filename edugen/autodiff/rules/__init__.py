"""The gradient rules of NumPy's functions, each a few lines in the shape of its mathematics.

`g` is the cotangent of the result `y`. Conventions where no derivative exists: at a tie, maximum, max and their kin share the
gradient equally; the derivatives of absolute at 0 and of a norm at the zero vector are 0.
"""
from . import elementwise, indexing, linalg, reduction, shape

__all__ = ["elementwise", "indexing", "linalg", "reduction", "shape"]
