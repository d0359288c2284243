# fails: test_empirical_bernstein
# says: Hoeffding's bound, which does not look at the variance
from solution import *


def empirical_bernstein(losses, delta):
    return losses.mean() + 10 * math.sqrt(math.log(1 / delta) / (2 * len(losses)))
