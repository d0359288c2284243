# tier: process
# says: 5 of 5 entries are NaN
def double(x):
    return x * float("nan")
