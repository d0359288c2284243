# fails: test_marginal_and_conditional
from solution import *


def marginal_and_conditional(joint):
    p = joint.sum(axis=0)
    return p, joint / p
