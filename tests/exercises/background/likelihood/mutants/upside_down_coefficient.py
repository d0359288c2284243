# fails: test_control_variate
import numpy as np
from solution import *


def control_variate(g, h, h_mean):
    c = np.cov(g, h)[0, 1] / np.var(g, ddof=1)
    return monte_carlo(g - c * (h - h_mean))
