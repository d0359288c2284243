# fails: test_control_variate
from solution import *


def control_variate(g, h, h_mean):
    return monte_carlo(g - (h - h_mean))
