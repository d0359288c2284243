# fails: test_empirical_bernstein
# says: the biased variance, divided by N
from solution import *


def empirical_bernstein(losses, delta):
    scaled, n, log = losses / 10, len(losses), math.log(2 / delta)
    return 10 * (scaled.mean() + math.sqrt(2 * scaled.var() * log / n) + 7 * log / (3 * (n - 1)))
