"""What a maintainer would remark on in a patch: a rule is a module here, and `all` finds it."""
