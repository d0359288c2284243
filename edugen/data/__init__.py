"""Small data that comes with the package: real handwritten digits, and toys in the plane.  No download."""
from edugen.data.dataset import Dataset, Split
from edugen.data.digits import digits
from edugen.data.stratify import stratify
from edugen.data.toys import rings, spirals, two_moons, xor

__all__ = ["Dataset", "Split", "digits", "rings", "spirals", "stratify", "two_moons", "xor"]
