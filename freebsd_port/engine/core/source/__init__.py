"""What Python source says: scopes, names, calls, branches, and what is wrong with them."""
