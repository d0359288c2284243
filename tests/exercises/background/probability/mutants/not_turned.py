# fails: test_bayes
from solution import *


def bayes(likelihood, prior):
    joint = likelihood * prior[:, None]
    return joint / joint.sum(axis=0)
