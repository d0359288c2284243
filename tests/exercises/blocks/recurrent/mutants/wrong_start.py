# fails: test_parity_block
# says: starts from an odd number of ones
from solution import *


def parity_block(zero, one):
    K = 20.0
    W = K * np.array([[1 / (one - zero)] * 2, [0.5, 0.5], [-0.5, -0.5]])
    b = K * (np.array([-0.5, -1.5]) - zero / (one - zero))
    return W, b, np.array([1.0, -1.0]), np.array([0.5, -0.5]), -0.5
