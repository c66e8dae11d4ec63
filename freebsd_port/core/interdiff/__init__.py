"""What changed between two texts of a series: patches, headers, and the changes themselves."""
