# fails: test_adamw_step
# says: the decay is not multiplied by the learning rate
from solution import *


def adamw_step(theta, g, m, v, t, lr, beta_m, beta_v, eps, decay):
    return adam_step((1 - decay) * theta, g, m, v, t, lr, beta_m, beta_v, eps)
