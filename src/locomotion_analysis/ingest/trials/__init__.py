"""Files grouped by trial, merged and collected."""
