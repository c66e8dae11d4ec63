"""Pure values about a host: its answers, and the files that follow from them."""
