"""Writes recommendations.json: constants for tests/recommendations.rs, by SciPy and none of our code.

Needs SciPy (made with 1.17.1): python3 recommendations.py > recommendations.json
"""

import json
import math

from scipy import optimize, stats


def recommendation(devices, chance, seconds, count):
    """The largest number of zero bits at which a fleet's quantile is within a limit."""

    def within(bits):
        mean = 2.0**bits
        total = 0.0
        for rate, weight in devices:
            hashes = rate * seconds
            if count == 1:
                total += weight * -math.expm1(hashes * math.log1p(-1 / mean)) if bits else weight
            else:
                # Trials are many here: the regularised incomplete beta function is the binomial tail.
                tail = stats.beta.cdf(1 / mean, count, hashes - count + 1) if hashes > count - 1 else 0.0
                total += weight * tail
        return total

    bits = max((b for b in range(0, 60) if within(b) >= chance), default=None)

    def quantile(mean_bits):
        nonlocal seconds
        limit = seconds

        def miss(log_seconds):
            nonlocal seconds
            seconds = math.exp(log_seconds)
            return within(mean_bits) - chance

        root = optimize.brentq(miss, math.log(1e-9), math.log(1e12), xtol=1e-14)
        seconds = limit
        return math.exp(root)

    time = quantile(bits) if bits else None
    return {
        "devices": devices,
        "chance": chance,
        "seconds": seconds,
        "count": count,
        "bits": bits,
        "time": time,
    }


FLEETS = [
    [[0.69e6, 1.0]],
    [[240e6, 1.0]],
    [[14.7e6, 0.9], [0.69e6, 0.1]],
    [[100e6, 0.45], [1.15e6, 0.35], [0.2e6, 0.2]],
]

print(
    json.dumps(
        [
            recommendation(fleet, chance, seconds, count)
            for fleet in FLEETS
            for chance, seconds in ((0.5, 0.1), (0.95, 0.25), (0.95, 5.0), (0.999, 10.0))
            for count in (1, 4, 16)
        ],
        indent=1,
    )
)
