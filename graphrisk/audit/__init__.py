"""What the list of rings misses, estimated from accounts that are drawn at random and reviewed."""
