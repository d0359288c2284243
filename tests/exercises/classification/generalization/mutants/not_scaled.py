# fails: test_empirical_bernstein
# says: losses up to 10 as if they were up to 1
from solution import *


def empirical_bernstein(losses, delta):
    n, log = len(losses), math.log(2 / delta)
    return losses.mean() + math.sqrt(2 * losses.var(ddof=1) * log / n) + 7 * log / (3 * (n - 1))
