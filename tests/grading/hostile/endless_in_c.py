# says: `double` did not return within 1 s. It was at line 3
def double(x):
    return sum(range(10**14))
