"""Three-way merge of a series from one version of a tree to another."""
