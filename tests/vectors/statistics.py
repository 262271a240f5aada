"""Writes statistics.json: constants for tests/statistics.rs, by SciPy and none of our code.

Needs SciPy (made with 1.17.1): python3 statistics.py > statistics.json
"""

import json
import math

from scipy import optimize, stats

PROBABILITIES = [0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999]


def geometric(mean):
    law = stats.geom(1 / mean)
    return {
        "mean": mean,
        "quantiles": [[q, law.ppf(q)] for q in PROBABILITIES],
        "curve": [[q, math.log1p(-q) / math.log1p(-1 / mean)] for q in PROBABILITIES],
        "chances": [[h, law.cdf(h)] for h in (1, int(mean / 3) + 1, int(mean), int(3 * mean))],
    }


def summed_quantile(count, mean, q):
    """The continuous curve through the chances at whole numbers of hashes: the regularised incomplete beta function."""
    chance = lambda hashes: stats.beta.cdf(1 / mean, count, hashes - count + 1) - q
    return optimize.brentq(chance, count - 1 + 1e-9, 100 * count * mean, xtol=1e-9, rtol=1e-14)


def summed(count, mean):
    # SciPy counts failures before the count-th success, we count trials.
    law = stats.nbinom(count, 1 / mean)
    hashes = [count, int(count * mean / 2), int(count * mean), int(2 * count * mean)]
    return {
        "count": count,
        "mean": mean,
        "quantiles": [[q, law.ppf(q) + count] for q in PROBABILITIES],
        "curve": [[q, summed_quantile(count, mean, q)] for q in PROBABILITIES] if mean > 2 else [],
        "chances": [[h, law.cdf(h - count)] for h in hashes if h >= count],
    }


def uniform(nonces):
    law = stats.randint(1, nonces + 1)
    return {"nonces": nonces, "quantiles": [[q, law.ppf(q)] for q in PROBABILITIES], "mean": law.mean()}


def kolmogorov_smirnov(size, distance):
    return {"size": size, "distance": distance, "p_value": stats.kstwo.sf(distance, size)}


print(
    json.dumps(
        {
            "geometric": [geometric(mean) for mean in (2, 16, 4096, 32768, 1 << 20, 50000.0)],
            "sums": [summed(count, mean) for count in (1, 2, 4, 16, 50, 1000) for mean in (2, 256, 65536)],
            "uniform": [uniform(nonces) for nonces in (1, 10, 1000001)],
            "kolmogorov_smirnov": [
                kolmogorov_smirnov(size, distance / math.sqrt(size))
                for size in (100, 1000, 2000)
                for distance in (0.5, 0.8, 1.0, 1.36, 1.63, 2.0)
            ],
        },
        indent=1,
    )
)
