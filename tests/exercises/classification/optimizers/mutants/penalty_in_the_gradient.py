# fails: test_adamw_step
# says: the decay is added to the gradient, and so divided by the averages
from solution import *


def adamw_step(theta, g, m, v, t, lr, beta_m, beta_v, eps, decay):
    return adam_step(theta, g + decay * theta, m, v, t, lr, beta_m, beta_v, eps)
