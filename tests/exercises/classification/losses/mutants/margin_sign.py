# fails: test_margin_loss
from solution import *
from solution import margin_loss as right


def margin_loss(energies, y, m):
    return right(-energies, y, m)
