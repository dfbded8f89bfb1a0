"""Ways to run a scan every night: what schedulers need, as files to copy and change."""
