"""Rebase the series onto another release."""
