"""Incremental scans: what the scan before left, so that only what has come since is loaded and searched anew."""
