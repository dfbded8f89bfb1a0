import sys
from pathlib import Path

# the histories here are made of the accounts and rings of `lineage/nights.py`
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "lineage")]
