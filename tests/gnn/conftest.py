import sys
from pathlib import Path

# test modules here share the graphs in `_entities.py`
sys.path.insert(0, str(Path(__file__).parent))
