# tier: process
# says: `double` left by SystemExit instead of returning
import sys


def double(x):
    sys.exit(0)
