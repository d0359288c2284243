# fails: test_parity_block
# says: weights so small that the answer fades with every step
from solution import *


def parity_block(zero, one):
    K = 1.5
    W = K * np.array([[1 / (one - zero)] * 2, [0.5, 0.5], [-0.5, -0.5]])
    b = K * (np.array([-0.5, -1.5]) - zero / (one - zero))
    return W, b, -np.ones(2), np.array([0.5, -0.5]), -0.5
