# fails: test_paradox
import numpy as np
from solution import *


def paradox(gap):
    people = np.full((2, 2), 5000)
    recovered = np.round(np.array([[0.7, 0.72 + gap], [0.02, 0.04 + gap]]) * people).astype(int)
    return np.stack([people - recovered, recovered], axis=2)
