"""The scikit-learn feature engineer."""
