"""Seconds, memory and bytes per link of a load: ``python tests/benchmarks/load_links.py 1000000 10000000``.

Every size is loaded in a process of its own from Parquet files that are made first and not counted. A link joins one of
n / 4 accounts to one of n / 4 devices, cards and addresses; ids are 17 characters long. Prints one JSON line per size.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

BASE_DIR = Path(__file__).resolve().parents[2]


def make_links(path: Path, n_links: int) -> None:
    """Write links of three types with times within a year."""
    con = duckdb.connect()
    con.execute("SET memory_limit = '2GiB'")
    con.execute(f"SET temp_directory = '{path.parent}'")
    con.execute(
        f"""COPY (
            SELECT printf('u%016x', hash(hash(i) % ({n_links} // 4))) AS account_id,
                CASE i % 3 WHEN 0 THEN 'device' WHEN 1 THEN 'instrument' ELSE 'address' END AS signal_type,
                printf('s%016x', hash(hash(i + {n_links}) % ({n_links} // 4))) AS signal_id,
                TIMESTAMPTZ '2025-01-01 00:00:00Z' + to_seconds(hash(i) % 31536000) AS first_seen
            FROM range({n_links}) AS t(i)
        ) TO '{path}' (FORMAT parquet)"""
    )
    con.close()


def measure(path: Path, n_links: int, memory_limit: str | None) -> dict[str, object]:
    """Load the links here and say what it took; to be called in a fresh process."""
    from loaders import LoadConfig, SourceConfig, load

    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    began = time.perf_counter()
    source = SourceConfig(path=path.as_posix(), table="links")
    graph = load(LoadConfig(sources=[source], temp_dir=path.parent, memory_limit=memory_limit)).graph
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    links, names = graph.links, graph.names.nbytes
    arrays = sum(a.nbytes for a in (links.accounts, links.signals, links.first_seen, links.last_seen, links.n_events))
    return {
        "links": n_links,
        "links_kept": len(links),
        "entities": int(graph.type_starts[-1]),
        "seconds": round(seconds, 1),
        "rows_per_second": round(n_links / seconds),
        "peak_gib": round(peak / 2**30, 2),
        "peak_bytes_per_link": round((peak - idle) / n_links, 1),
        "graph_bytes_per_link": round(arrays / max(len(links), 1), 1),
        "name_bytes_per_link": round(names / max(len(links), 1), 1),
    }


def main() -> None:
    """Measure every size that was named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="+", type=int, help="numbers of links")
    parser.add_argument("--made", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--memory-limit", help="what DuckDB may hold, such as 8GiB; the rest of a load comes on top")
    parser.add_argument("--folder", type=Path, help="where the files and the load's own temporary files go")
    args = parser.parse_args()
    if args.made:
        print(json.dumps(measure(args.made, args.sizes[0], args.memory_limit)), flush=True)
        return
    for n_links in args.sizes:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            path = Path(folder) / "links.parquet"
            make_links(path, n_links)
            command = [sys.executable, str(Path(__file__).resolve()), str(n_links), "--made", str(path)]
            limit = ["--memory-limit", args.memory_limit] if args.memory_limit else []
            subprocess.run([*command, *limit], check=True, cwd=BASE_DIR)


if __name__ == "__main__":
    main()
