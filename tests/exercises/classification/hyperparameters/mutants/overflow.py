# fails: test_chances
# says: not a number where an exponent is large
# kind: numerical
from solution import *


def chances(ei, distance, beta, alpha):
    with np.errstate(all="ignore"):
        q = np.exp(beta * ei - alpha * distance)
        return q / q.sum()
