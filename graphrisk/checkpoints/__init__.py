"""What a scan has done so far, kept in its store so that one that is killed goes on where it was."""
