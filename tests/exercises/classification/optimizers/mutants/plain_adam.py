# fails: test_amsgrad_step
# says: Adam: the divisor is this step's average, not the largest
from solution import *


def amsgrad_step(theta, g, m, v, largest, lr, beta_m, beta_v, eps):
    m = beta_m * m + (1 - beta_m) * g
    v = beta_v * v + (1 - beta_v) * g ** 2
    return theta - lr * m / (np.sqrt(v) + eps), m, v, np.maximum(largest, v)
