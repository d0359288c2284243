# fails: test_adam_step
# says: the corrected averages are handed on, and corrected again in the next step
from solution import *


def adam_step(theta, g, m, v, t, lr, beta_m, beta_v, eps):
    m = (beta_m * m + (1 - beta_m) * g) / (1 - beta_m ** t)
    v = (beta_v * v + (1 - beta_v) * g ** 2) / (1 - beta_v ** t)
    return theta - lr * m / (np.sqrt(v) + eps), m, v


def adamw_step(theta, g, m, v, t, lr, beta_m, beta_v, eps, decay):
    m = beta_m * m + (1 - beta_m) * g
    v = beta_v * v + (1 - beta_v) * g ** 2
    return (1 - lr * decay) * theta - lr * m / (1 - beta_m ** t) / (np.sqrt(v / (1 - beta_v ** t)) + eps), m, v
