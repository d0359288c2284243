# fails: test_bayes
from solution import *


def bayes(likelihood, prior):
    return (likelihood / likelihood.sum(axis=0)).T
