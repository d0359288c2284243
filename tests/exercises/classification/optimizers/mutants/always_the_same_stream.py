# fails: test_hard_stream
# says: one stream for every memory: 3, -1, -1
# kind: input-independent
from solution import *


def hard_stream(beta_v, rounds):
    slopes = np.full(rounds, -1.0)
    slopes[::3] = 2.9
    return slopes
