# fails: test_whiten
# says: each feature by itself: correlations stay
from solution import *


def whiten(train, new):
    return (new - train.mean(axis=0)) / train.std(axis=0)
