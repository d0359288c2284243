# fails: test_log_prob
import numpy as np
from solution import *


def log_prob(x, parents, tables):
    return np.prod([tables[i][(*(x[:, j] for j in above), x[:, i])] for i, above in enumerate(parents)], axis=0)
