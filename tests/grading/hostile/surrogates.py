# tier: process
# says: got {'.ud800 x 5': '.ud800'}, which is no array of numbers
def double(x):
    return {"\ud800 x 5": "\ud800"}
