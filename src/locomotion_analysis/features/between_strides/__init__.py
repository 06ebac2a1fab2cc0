"""How strides of one person differ from each other."""
