# fails: test_falling_steps
# says: one constant step, whatever L and the number of steps
# kind: input-independent
from solution import *


def falling_steps(steps, L):
    return np.full(steps, 0.01)
