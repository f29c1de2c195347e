"""工作台: for clerk, village officer and reviewer."""
