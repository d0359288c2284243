# fails: test_fisher
import numpy as np
from solution import *


def fisher(logits, h=1e-4):
    def softmax(z):
        e = np.exp(z - z.max())
        return e / e.sum()

    steps = h * np.eye(len(logits))
    return np.array([(softmax(logits + s) - softmax(logits - s)) / (2 * h) for s in steps])
