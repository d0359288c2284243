# fails: test_four_terms
# says: means over inputs, not over worlds
from solution import *


def four_terms(y, guesses):
    mu, guessed = y.mean(axis=1), guesses.mean(axis=1)
    covariance = np.mean((y - mu[:, None]) * (guesses - guessed[:, None]), axis=1)
    return y.var(axis=1), guesses.var(axis=1), (mu - guessed) ** 2, covariance
