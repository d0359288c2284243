# tier: process
# says: `double` returned a value of type coroutine
async def double(x):
    return 2 * x
