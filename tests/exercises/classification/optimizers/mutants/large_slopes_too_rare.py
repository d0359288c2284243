# fails: test_hard_stream
# says: the large slope is so small that the sum is negative: the best place is the other end
from solution import *


def hard_stream(beta_v, rounds):
    period = max(3, round(1.8 / (1 - beta_v)))
    slopes = np.full(rounds, -1.0)
    slopes[::period] = 0.9 * period - 1
    return slopes
