"""What Python source says: scopes, names, and names that are missing."""
