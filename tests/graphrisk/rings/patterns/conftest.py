import sys
from pathlib import Path

# test modules here share the generators in `_graphs.py`
sys.path.insert(0, str(Path(__file__).parent))
