# fails: test_entropy test_kl_divergence test_mutual_information
import numpy as np
from solution import *
from solution import entropy as nats
from solution import kl_divergence as nats_more


def entropy(p):
    return nats(p) / np.log(2)


def kl_divergence(p, q):
    return nats_more(p, q) / np.log(2)


def mutual_information(joint):
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    return float(kl_divergence(joint.reshape(1, -1), apart.reshape(1, -1))[0])
