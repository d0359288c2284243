r"""The exponential, tanh and the logarithm as a few multiplications, which a compiler can do for eight or sixteen at once.

A call to the C library's exp handles one number. Here is one that is nothing but arithmetic: write
:math:`x = n \log 2 + r` with an integer n, so that :math:`\lvert r \rvert \le \tfrac12 \log 2` and
:math:`e^x = 2^n e^r`; a short Taylor polynomial gives :math:`e^r`, and adding n to the exponent bits multiplies by :math:`2^n`.
"""
import numpy as np

from .jit import bits, by_precision, floats, jit

__all__ = ["exp", "log32", "tanh"]

LOG2E_32, LOG2E_64 = np.float32(1.4426950408889634), np.float64(1.4426950408889634)
# log 2 in two parts: n times the first is exact, for its last bits are zero (Cody and Waite)
HIGH_32, LOW_32 = np.float32(0.693359375), np.float32(-2.12194440e-4)
HIGH_64, LOW_64 = 0.6931471803691238, 1.9082149292705877e-10
# adding 1.5 * 2^23 leaves no bit behind the point: it rounds, and n stands in the low bits of the sum
ROUND_32, ROUND_64 = np.float32(1.5 * 2**23), 1.5 * 2**52
ROUND_BITS_32, ROUND_BITS_64 = np.int32(ROUND_32.view(np.int32)), np.int64(np.float64(ROUND_64).view(np.int64))
SMALLEST_32, SMALLEST_64 = np.float32(-87.0), np.float64(-708.0)                # below, 2^n is no normal number: the result is 0
LARGEST_32, LARGEST_64, INF_32 = np.float32(88.0), 709.0, np.float32(np.inf)
C2, C3, C4, C5, C6, C7 = (np.float32(1 / f) for f in (2, 6, 24, 120, 720, 5040))
D2, D3, D4, D5, D6, D7, D8, D9, D10, D11, D12, D13 = (1 / f for f in (2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800,
                                                                    479001600, 6227020800))
ONE_32, ZERO_32, SHIFT_32, SHIFT_64 = np.float32(1), np.float32(0), np.int32(23), np.int64(52)


@jit(fastmath={"contract"})                                             # fused multiply-add is fine; reordering is not
def exp32(x):
    """exp of a float32 to 2 units in the last place; 0 below -87, infinity above 88."""
    t = max(x, SMALLEST_32) * LOG2E_32 + ROUND_32
    n = t - ROUND_32
    r = max(x, SMALLEST_32) - n * HIGH_32 - n * LOW_32
    p = ONE_32 + r * (ONE_32 + r * (C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * C7))))))          # remainder below 6e-9
    scaled = floats(np.int32(bits(p) + np.int32(np.int32(bits(t) - ROUND_BITS_32) << SHIFT_32)))
    return x + INF_32 if not x <= LARGEST_32 else scaled if x >= SMALLEST_32 else ZERO_32                 # x + inf keeps NaN


@jit(fastmath={"contract"})
def exp64(x):
    """exp of a float64 to 2 units in the last place; 0 below -708, infinity above 709."""
    t = max(x, SMALLEST_64) * LOG2E_64 + ROUND_64
    n = t - ROUND_64
    r = max(x, SMALLEST_64) - n * HIGH_64 - n * LOW_64
    p = 1.0 + r * (1.0 + r * (D2 + r * (D3 + r * (D4 + r * (D5 + r * (D6 + r * (D7 + r * (
        D8 + r * (D9 + r * (D10 + r * (D11 + r * (D12 + r * D13))))))))))))                            # remainder below 5e-18
    scaled = floats(bits(p) + ((bits(t) - ROUND_BITS_64) << SHIFT_64))
    return x + np.inf if not x <= LARGEST_64 else scaled if x >= SMALLEST_64 else 0.0


exp = by_precision(exp32, exp64)


# The hyperbolic tangent -------------------------------------------------------------------------------------------------

# from 2 |x| = 20 or 40 on it is 1 in its precision; adding the bias of the exponent, 127 or 1023, makes 2^n of n
MOST_32, MOST_64, BIAS_32, BIAS_64, TWO_32 = np.float32(20), 40.0, np.int32(127), np.int64(1023), np.float32(2)


@jit(fastmath={"contract"})
def tanh32(x):
    r"""tanh of a float32 to 3 units in the last place.

    :math:`\tanh \lvert x \rvert = e / (e + 2)` with :math:`e = e^{2 \lvert x \rvert} - 1 = 2^n (e^r - 1) + (2^n - 1)`, where
    nothing cancels: near 0, n is 0, and the polynomial gives :math:`e^r - 1` itself.
    """
    y = min(abs(x + x), MOST_32)
    t = y * LOG2E_32 + ROUND_32
    n = t - ROUND_32
    r = y - n * HIGH_32 - n * LOW_32
    p = r * (ONE_32 + r * (C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * C7))))))
    power = floats(np.int32(np.int32(bits(t) - ROUND_BITS_32 + BIAS_32) << SHIFT_32))
    e = power * p + (power - ONE_32)
    y = e / (e + TWO_32)
    return x if x != x else -y if x < ZERO_32 else y


@jit(fastmath={"contract"})
def tanh64(x):
    """tanh of a float64 to 3 units in the last place."""
    y = min(abs(x + x), MOST_64)
    t = y * LOG2E_64 + ROUND_64
    n = t - ROUND_64
    r = y - n * HIGH_64 - n * LOW_64
    p = r * (1.0 + r * (D2 + r * (D3 + r * (D4 + r * (D5 + r * (D6 + r * (D7 + r * (
        D8 + r * (D9 + r * (D10 + r * (D11 + r * (D12 + r * D13))))))))))))
    power = floats((bits(t) - ROUND_BITS_64 + BIAS_64) << SHIFT_64)
    e = power * p + (power - 1.0)
    y = e / (e + 2.0)
    return x if x != x else -y if x < 0.0 else y


tanh = by_precision(tanh32, tanh64)


# The logarithm ----------------------------------------------------------------------------------------------------------

FRACTION, HALF_ROOT, LOG2 = np.int32(0x007FFFFF), np.int32(np.float32(0.5**0.5).view(np.int32)), np.float32(0.6931471805599453)
L3, L5, L7, L9 = (np.float32(k) for k in (1 / 3, 1 / 5, 1 / 7, 1 / 9))


@jit(fastmath={"contract"})
def log32(x):
    r"""log of a positive normal float32 to 3 units in the last place, but near 1, where it is 1e-7 off at most.

    :math:`x = 2^n m` with m between the root of one half and that of two, and :math:`\log m = 2 \operatorname{artanh} s` for
    :math:`s = (m - 1) / (m + 1)`, whose series converges fast, for s is at most 0.172.
    """
    i = np.int32(bits(x) - HALF_ROOT)                                       # so that the exponent counts from that root
    m = floats(np.int32(np.int32(i & FRACTION) + HALF_ROOT))
    s = (m - ONE_32) / (m + ONE_32)
    q = s * s
    return np.float32(np.int32(i >> SHIFT_32)) * LOG2 + TWO_32 * s * (ONE_32 + q * (L3 + q * (L5 + q * (L7 + q * L9))))
