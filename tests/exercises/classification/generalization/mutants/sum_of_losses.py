# fails: test_risk_below
# says: the sum of the losses, not their mean
from solution import *


def risk_below(losses, delta, models):
    return np.sum(losses) + math.sqrt((math.log(models) + math.log(2 / delta)) / (2 * len(losses)))
