# fails: test_adam_step test_adamw_step
# says: beta_m and beta_v are exchanged
from solution import *


def adam_step(theta, g, m, v, t, lr, beta_m, beta_v, eps):
    m = beta_v * m + (1 - beta_v) * g
    v = beta_m * v + (1 - beta_m) * g ** 2
    return theta - lr * m / (1 - beta_v ** t) / (np.sqrt(v / (1 - beta_m ** t)) + eps), m, v


def adamw_step(theta, g, m, v, t, lr, beta_m, beta_v, eps, decay):
    return adam_step((1 - lr * decay) * theta, g, m, v, t, lr, beta_m, beta_v, eps)
