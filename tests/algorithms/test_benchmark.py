import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "kernels.py"


def test_the_benchmark_prints_its_figures_as_json():
    command = [sys.executable, str(BENCHMARK), "small", "--no-peers", "--threads", "1", "--repeat", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = {row["kernel"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert set(rows) >= {"build", "leiden modularity", "leiden cpm", "peel", "peel fraudar", "project, cap 25"}
    assert rows["leiden modularity"]["quality"] > 0.6
