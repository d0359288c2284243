# fails: test_risk_below
# says: 2N forgotten: N alone
from solution import *


def risk_below(losses, delta, models):
    return np.mean(losses) + math.sqrt((math.log(models) + math.log(2 / delta)) / len(losses))
