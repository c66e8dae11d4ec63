"""The only disk, process, network and clock."""
