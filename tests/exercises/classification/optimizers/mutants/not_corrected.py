# fails: test_adam_step test_adamw_step
# says: the averages are used without their correction
from solution import *


def adam_step(theta, g, m, v, t, lr, beta_m, beta_v, eps):
    m = beta_m * m + (1 - beta_m) * g
    v = beta_v * v + (1 - beta_v) * g ** 2
    return theta - lr * m / (np.sqrt(v) + eps), m, v


def adamw_step(theta, g, m, v, t, lr, beta_m, beta_v, eps, decay):
    return adam_step((1 - lr * decay) * theta, g, m, v, t, lr, beta_m, beta_v, eps)
