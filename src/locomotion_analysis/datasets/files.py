"""Names of the files in the folder of a dataset, and what each is."""

CYCLES = "cycles.parquet"
FEATURES = "features.parquet"
UNREDUCED = "unreduced_features.parquet"
SPLITS = "splits.parquet"
MANIFEST = "dataset.json"
CARD = "README.md"
CROISSANT = "croissant.json"
QUALITY = "quality.html"
CHECKSUMS = "SHA256SUMS"

DESCRIPTIONS = {
    CYCLES: "one row a gait cycle: metadata, and a list of 150 values a channel",
    FEATURES: "one row a gait cycle, indexed by the cycle key",
    UNREDUCED: "the features before their reduction to principal components",
    "reducer.npz": "arrays of the fitted reduction (NumPy, no pickle)",
    "reducer.json": "names of the reduction's features and components",
    SPLITS: "one row a subject: train, validation or test, and the fold it is tested in",
    MANIFEST: "version, seed, targets, notes: what programs read",
    CARD: "this card",
    CROISSANT: "the dataset described for machines (Croissant JSON-LD)",
    QUALITY: "quality report",
    CHECKSUMS: "SHA-256 of every other file, for `sha256sum -c`",
}
"""Files a dataset can have, in the order in which the card names them."""
