# tier: process
# says: lists nested more than 32 deep, or a list that contains itself
def double(x):
    out = []
    out.append(out)
    return out
