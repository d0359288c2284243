# fails: test_risk_below
# says: the bound of one model, whatever their number
from solution import *


def risk_below(losses, delta, models):
    return np.mean(losses) + math.sqrt(math.log(2 / delta) / (2 * len(losses)))
