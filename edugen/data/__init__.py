"""Data: real handwritten digits, a text and generators that come with the package, and larger sets downloaded on first use."""
from edugen.data.bars import bars_and_stripes, every_bar_and_stripe
from edugen.data.binary import dna, mushrooms, nltcs
from edugen.data.canvas import on_canvas
from edugen.data.dataset import Dataset, Split
from edugen.data.digits import digits
from edugen.data.download import DownloadFailed
from edugen.data.mnist import binarized_mnist, fashion_mnist, mnist
from edugen.data.regression import Sinusoids, friedman1, sinusoids
from edugen.data.stratify import stratify
from edugen.data.text import MarkovSource, carroll
from edugen.data.toys import eight_gaussians, rings, spirals, two_moons, xor

__all__ = ["Dataset", "DownloadFailed", "MarkovSource", "Sinusoids", "Split", "bars_and_stripes", "binarized_mnist", "carroll",
           "digits", "dna", "eight_gaussians", "every_bar_and_stripe", "fashion_mnist", "friedman1", "mnist", "mushrooms",
           "nltcs", "on_canvas", "rings", "sinusoids", "spirals", "stratify", "two_moons", "xor"]
