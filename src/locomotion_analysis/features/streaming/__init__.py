"""Features of data larger than memory, on one machine or many."""
