"""Work, bursts, support and ground reaction force."""
