# fails: test_monte_carlo
import numpy as np
from solution import *
from solution import monte_carlo as right


def control_variate(g, h, h_mean, right=right):
    c = np.cov(g, h)[0, 1] / np.var(h, ddof=1)
    return right(g - c * (h - h_mean))


def monte_carlo(values):
    return float(np.mean(values)), float(np.std(values, ddof=1))
