"""What it costs: each figure with both of its sides, from the same run on the same machine."""
