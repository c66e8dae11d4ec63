"""What a maintainer would remark on in a hunk: one rule a module, listed in `all`."""
