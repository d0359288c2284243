# fails: test_amsgrad_step
# says: the largest entry of all parameters, in place of each one's largest so far
from solution import *


def amsgrad_step(theta, g, m, v, largest, lr, beta_m, beta_v, eps):
    m = beta_m * m + (1 - beta_m) * g
    v = beta_v * v + (1 - beta_v) * g ** 2
    largest = np.full_like(v, max(largest.max(), v.max()))
    return theta - lr * m / (np.sqrt(largest) + eps), m, v, largest
