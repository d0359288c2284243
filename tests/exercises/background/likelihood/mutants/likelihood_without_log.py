# fails: test_coin_log_likelihood
from solution import *


def coin_log_likelihood(theta, heads, tails):
    return theta ** heads * (1 - theta) ** tails
