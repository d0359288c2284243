# fails: test_coin_log_likelihood
import numpy as np
from solution import *


def coin_log_likelihood(theta, heads, tails):
    return heads * np.log(theta) + tails * np.log(1 - theta)
