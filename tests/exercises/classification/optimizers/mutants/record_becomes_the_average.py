# fails: test_amsgrad_step
# says: the largest v takes the place of the average itself
from solution import *


def amsgrad_step(theta, g, m, v, largest, lr, beta_m, beta_v, eps):
    m = beta_m * m + (1 - beta_m) * g
    largest = np.maximum(largest, beta_v * v + (1 - beta_v) * g ** 2)
    return theta - lr * m / (np.sqrt(largest) + eps), m, largest, largest
