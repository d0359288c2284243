# fails: test_lempel_ziv
from solution import *


def lempel_ziv(symbols):
    phrases, current, out = {(): 0}, (), []
    for symbol in symbols:
        longer = (*current, symbol)
        if longer in phrases:
            current = longer
            continue
        out.append((phrases[current], symbol))
        phrases[longer] = len(out)
        current = ()
    return out
