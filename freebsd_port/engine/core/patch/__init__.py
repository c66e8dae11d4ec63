"""Read and write patch files: headers, changes, hunks."""
