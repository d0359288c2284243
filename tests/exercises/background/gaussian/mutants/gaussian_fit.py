# fails: test_student_fit
import numpy as np
from solution import *


def student_fit(x, dof):
    return x.mean(axis=0), np.atleast_2d(np.cov(x.T, bias=True))
