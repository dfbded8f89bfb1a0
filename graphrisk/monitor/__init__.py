"""Whether anything is going wrong from scan to scan."""
