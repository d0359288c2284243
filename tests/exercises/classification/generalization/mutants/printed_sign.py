# fails: test_risk_below
# says: (2.109) as it is printed, with log 2 delta taken away
from solution import *


def risk_below(losses, delta, models):
    return np.mean(losses) + math.sqrt(max(0, math.log(models) - math.log(2 * delta)) / (2 * len(losses)))
