# fails: test_inputs_condition
# says: the condition number of the inputs, not of the Hessian: its root
from solution import *


def inputs_condition(x):
    return float(np.linalg.cond(np.column_stack([x, np.ones(len(x))])))
