# fails: test_falling_steps
# says: a geometric schedule: it stops before it has arrived
from solution import *


def falling_steps(steps, L):
    return 0.5 / L * 0.98 ** np.arange(steps)
