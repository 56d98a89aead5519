"""Mutation fuzzing of the flow-trace parsers: no crash, no hang, and a survey that equals the full parser's fold.

Run ``python tests/fuzz/fuzz_flow_trace.py --seconds 60 --seed 1``; a failure prints the seed of its case.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "parsers"))

from same_survey import difference
from wild_traces import any_trace

_SLOWEST_SECONDS = 10.0
_MOST_MEGABYTES = 600


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--case", type=int, default=0, help="the first case: to see one again, with --seconds 0.1")
    chosen = options.parse_args()
    end, case = time.monotonic() + chosen.seconds, chosen.case
    while time.monotonic() < end:
        seed = chosen.seed * 1_000_000 + case
        rng = random.Random(seed)
        begun = time.monotonic()
        try:
            wrong = difference(rng, any_trace(rng, rng.choice([3, 40, 150])))
        except Exception:
            print(f"seed {seed}")
            raise
        if not wrong and time.monotonic() - begun > _SLOWEST_SECONDS:
            wrong = "too slow"
        if wrong:
            print(f"seed {seed}: {wrong}")
            return 1
        case += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{case - chosen.case} cases, peak {peak} MB")
    return int(peak > _MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
