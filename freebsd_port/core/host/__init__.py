"""A host that runs nova: its answers, and the files that follow from them."""
