# fails: test_four_terms
# says: the mean product, without taking the means away
from solution import *


def four_terms(y, guesses):
    mu, guessed = y.mean(axis=0), guesses.mean(axis=0)
    return y.var(axis=0), guesses.var(axis=0), (mu - guessed) ** 2, np.mean(y * guesses, axis=0)
