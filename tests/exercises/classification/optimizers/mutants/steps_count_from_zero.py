# fails: test_adam_step test_adamw_step
# says: the correction counts steps from zero: the power is one too small
from solution import *


def adam_step(theta, g, m, v, t, lr, beta_m, beta_v, eps):
    m = beta_m * m + (1 - beta_m) * g
    v = beta_v * v + (1 - beta_v) * g ** 2
    t = max(t - 1, 1)
    return theta - lr * m / (1 - beta_m ** t) / (np.sqrt(v / (1 - beta_v ** t)) + eps), m, v


def adamw_step(theta, g, m, v, t, lr, beta_m, beta_v, eps, decay):
    return adam_step((1 - lr * decay) * theta, g, m, v, t, lr, beta_m, beta_v, eps)
