"""The series file, and which variant of a patch a release takes."""
