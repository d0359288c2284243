import math

import numpy as np


def momentum_step(theta, g, u, lr, mu):
    u = mu * u + g
    return theta - lr * u, u


def adagrad_step(theta, g, s, lr, eps):
    s = s + g ** 2
    return theta - lr * g / (np.sqrt(s) + eps), s                        # (2.91)


def adam_step(theta, g, m, v, t, lr, beta_m, beta_v, eps):
    m = beta_m * m + (1 - beta_m) * g                                    # (2.94)
    v = beta_v * v + (1 - beta_v) * g ** 2                               # (2.92)
    m_hat, v_hat = m / (1 - beta_m ** t), v / (1 - beta_v ** t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v             # (2.95)


def best_momentum(low, high):
    a, b = math.sqrt(low), math.sqrt(high)
    return (2 / (a + b)) ** 2, ((b - a) / (b + a)) ** 2


def adamw_step(theta, g, m, v, t, lr, beta_m, beta_v, eps, decay):
    return adam_step((1 - lr * decay) * theta, g, m, v, t, lr, beta_m, beta_v, eps)


def amsgrad_step(theta, g, m, v, largest, lr, beta_m, beta_v, eps):
    m = beta_m * m + (1 - beta_m) * g
    v = beta_v * v + (1 - beta_v) * g ** 2
    largest = np.maximum(largest, v)
    return theta - lr * m / (np.sqrt(largest) + eps), m, v, largest


def hard_stream(beta_v, rounds):
    period = max(3, round(1.8 / (1 - beta_v)))         # until the large slope is forgotten, and some small ones count in full
    slopes = np.full(rounds, -1.0)
    slopes[::period] = 1.3 * period - 1                # a mean of 0.3
    return slopes
