# fails: test_parity_block
# says: only right where zero is the number 0
from solution import *


def parity_block(zero, one):
    K = 20.0
    W = K * np.array([[1 / (one - zero)] * 2, [0.5, 0.5], [-0.5, -0.5]])
    b = K * (np.array([-0.5, -1.5]))
    return W, b, -np.ones(2), np.array([0.5, -0.5]), -0.5
