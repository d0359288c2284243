# fails: test_forward_mode
from solution import *


def forward_mode(program, x, v):
    rules = {"add": lambda a, b: a + b, "multiply": lambda a, b: a * b, "sin": np.sin, "exp": np.exp}
    numbers, tangents = list(x), list(v)
    for name, *places in program:
        a, da = [numbers[i] for i in places], [tangents[i] for i in places]
        slope = {"add": lambda: da[0] + da[1], "multiply": lambda: da[0] * da[1],
                 "sin": lambda: np.cos(a[0]) * da[0], "exp": lambda: np.exp(a[0]) * da[0]}[name]
        numbers.append(rules[name](*a))
        tangents.append(slope())
    return float(numbers[-1]), float(tangents[-1])
