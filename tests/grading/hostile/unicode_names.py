# tier: process
# says: every entry is 0.5 times
# \u202e, a variable in mathematical letters, and a name that is another once normalized
def ｄｏｕｂｌｅ(𝒙):
    """​‮ elbuod ‬"""
    return 𝒙
