"""Pure values about releases and proofs; no disk, process, network or clock."""
