# fails: test_forward_mode
from solution import *


def forward_mode(program, x, v, h=1e-6):
    rules = {"add": lambda a, b: a + b, "multiply": lambda a, b: a * b, "sin": np.sin, "exp": np.exp}

    def run(x):
        numbers = list(x)
        for name, *places in program:
            numbers.append(rules[name](*(numbers[i] for i in places)))
        return float(numbers[-1])
    return run(x), (run(x + h * v) - run(x - h * v)) / (2 * h)
