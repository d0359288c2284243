"""The gradient rules of NumPy's functions, each a few lines in the shape of its mathematics.

`g` is the cotangent of the result `y`. Conventions where no derivative exists: at a tie, maximum, max and their kin share the
gradient equally; the derivatives of absolute at 0 and of a norm at the zero vector are 0.

`constant(...)` lists what returns plain arrays: answers (argmax, comparisons), steps (floor, sign), and np.unique, which is asked
for what there is. scipy.special's rules are in `special`, which the engine loads when the first of its ufuncs meets a tensor.
"""
from . import elementwise, indexing, linalg, reduction, shape

__all__ = ["elementwise", "indexing", "linalg", "reduction", "shape"]
