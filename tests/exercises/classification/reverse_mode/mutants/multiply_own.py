# fails: test_local_rules
from solution import *


def local_rules(name, g, y, args):
    if name in ("add", "multiply"):
        return [g * args[0], g * args[1]] if name == "multiply" else [g, g]
    if name == "divide":
        return [g / args[1], -g * y / args[1]]
    return [g * {"tanh": 1 - y * y, "exp": y, "log": 1 / args[0]}[name]]
