"""AddBiomechanics binaries."""
