# fails: test_parity_block
# says: the right weights for 0 and 1, whatever the two numbers are
# kind: input-independent
from solution import *


def parity_block(zero, one):
    W = 20 * np.array([[1, 1], [0.5, 0.5], [-0.5, -0.5]])
    return W, np.array([-10.0, -30.0]), -np.ones(2), np.array([0.5, -0.5]), -0.5
