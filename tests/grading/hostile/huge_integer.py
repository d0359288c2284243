# tier: process
# says: `double` returned Exceeds the limit
def double(x):
    return 10**100_000
