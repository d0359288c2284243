# fails: test_lempel_ziv
from solution import *


def lempel_ziv(symbols):
    return [(0, symbol) for symbol in symbols]
