"""Speed and memory of whole processes, ours beside quilt, git and patch: `make bench`."""
