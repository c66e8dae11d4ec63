"""What changed between two versions of a series: patches, headers, and the changes themselves."""
