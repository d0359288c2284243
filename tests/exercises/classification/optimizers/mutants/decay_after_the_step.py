# fails: test_adamw_step
# says: what decays is the parameter after the step
from solution import *


def adamw_step(theta, g, m, v, t, lr, beta_m, beta_v, eps, decay):
    theta, m, v = adam_step(theta, g, m, v, t, lr, beta_m, beta_v, eps)
    return (1 - lr * decay) * theta, m, v
