"""The files of a project: series, patches, releases, decisions."""
