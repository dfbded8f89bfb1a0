"""What somebody should be told of after a scan, and how they are told."""
