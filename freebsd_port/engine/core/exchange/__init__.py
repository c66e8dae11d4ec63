"""Patches from elsewhere and for elsewhere: mailboxes, diffs, ports."""
