"""Pure values and laws: bytes in, values out; no disk, process, network or clock."""
