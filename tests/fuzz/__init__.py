"""Random histories and damaged patches against GNU patch, git and quilt: `make fuzz`."""
