# fails: test_log_prob
import numpy as np
from solution import *


def log_prob(x, parents, tables):
    return sum(np.log(np.moveaxis(tables[i], -1, 0)[(*(x[:, j] for j in above), x[:, i])] if len(set(tables[i].shape)) == 1
                      else tables[i][(*(x[:, j] for j in above), x[:, i])]) for i, above in enumerate(parents))
