# tier: process
# says: `double` returned an array of dtype datetime64
def double(x):
    return (2 * x).view("datetime64[ns]")
