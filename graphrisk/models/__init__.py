"""Which model scores a scan, and how models are trained, measured and kept."""
