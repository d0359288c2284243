# tier: process
# says: 5 of 5 entries are infinite
def double(x):
    return x * float("inf")
