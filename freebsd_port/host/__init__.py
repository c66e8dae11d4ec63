"""A compute host: its answers, configuration, database, services, consoles, verification."""
