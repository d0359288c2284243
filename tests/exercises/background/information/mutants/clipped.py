# fails: test_kl_divergence test_mutual_information
import numpy as np
from solution import *


def kl_divergence(p, q):
    return np.sum(p * np.log((p + 1e-9) / (q + 1e-9)), axis=1)      # never infinite


def mutual_information(joint):
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    return float(kl_divergence(joint.reshape(1, -1), apart.reshape(1, -1))[0])
