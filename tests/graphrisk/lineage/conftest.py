import sys
from pathlib import Path

# test modules here share the rings in `_rings.py` and the histories in `nights.py`
sys.path.insert(0, str(Path(__file__).parent))
