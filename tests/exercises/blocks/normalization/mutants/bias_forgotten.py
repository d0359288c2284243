# fails: test_inputs_condition
# says: the bias has no row in the Hessian
from solution import *


def inputs_condition(x):
    values = np.linalg.eigvalsh(x.T @ x / len(x))
    return float(values[-1] / values[0])
