"""What hostile submissions would like to read."""


def double(x):
    return 2 * x


def apply(f, x):
    return f(x)
