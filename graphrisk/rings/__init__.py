"""From an entity graph to listed rings: what accounts share, affinity, candidates, scores, evidence."""
