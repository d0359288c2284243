# fails: test_monte_carlo test_control_variate
import numpy as np
from solution import *


def monte_carlo(values):
    return float(np.mean(values)), float(np.std(values) / np.sqrt(len(values)))


def control_variate(g, h, h_mean):
    c = np.cov(g, h)[0, 1] / np.var(h, ddof=1)
    return monte_carlo(g - c * (h - h_mean))
