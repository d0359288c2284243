# fails: test_fisher
import numpy as np
from solution import *


def fisher(logits):
    p = np.exp(logits - logits.max())
    p = p / p.sum()
    return np.diag(p * (1 - p))
