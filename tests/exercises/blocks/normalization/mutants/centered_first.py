# fails: test_inputs_condition
# says: of the covariance, which is what is left after centering
from solution import *


def inputs_condition(x):
    z = np.column_stack([x - x.mean(axis=0), np.ones(len(x))])
    values = np.linalg.eigvalsh(z.T @ z / len(x))
    return float(values[-1] / values[0])
