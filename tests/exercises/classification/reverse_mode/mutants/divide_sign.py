# fails: test_local_rules
from solution import *


from solution import local_rules as right


def local_rules(name, g, y, args):
    return [g / args[1], g * y / args[1]] if name == "divide" else right(name, g, y, args)
