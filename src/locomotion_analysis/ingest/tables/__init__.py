"""Tables of any laboratory: text, NPZ, HDF5, MATLAB and Parquet, through a column map."""
