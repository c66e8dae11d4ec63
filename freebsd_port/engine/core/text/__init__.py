"""Lines of text: files, alignment, splices, words, characters that cannot be seen."""
