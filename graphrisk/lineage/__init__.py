"""What became of rings from scan to scan: which is the same as before, and what happened to it."""
