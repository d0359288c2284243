# tier: process
# says: `double` did not return within 5 s. It was at line 4
def double(x):
    return sum(range(10**14))
