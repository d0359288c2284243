# fails: test_inputs_condition
# says: smallest over largest
from solution import *


def inputs_condition(x):
    z = np.column_stack([x, np.ones(len(x))])
    values = np.linalg.eigvalsh(z.T @ z / len(x))
    return float(values[0] / values[-1])
