# fails: test_four_terms
# says: a covariance of zero, as if labels had not been seen
from solution import *


def four_terms(y, guesses):
    mu, guessed = y.mean(axis=0), guesses.mean(axis=0)
    return y.var(axis=0), guesses.var(axis=0), (mu - guessed) ** 2, np.zeros(y.shape[1])
