# fails: test_kl_divergence
from solution import *
from solution import kl_divergence as right


def mutual_information(joint, kl=kl_divergence):
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    return float(kl(joint.reshape(1, -1), apart.reshape(1, -1))[0])


def kl_divergence(p, q):
    return right(q, p)
