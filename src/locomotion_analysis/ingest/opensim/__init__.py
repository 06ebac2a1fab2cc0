"""OpenSim tables and marker files."""
