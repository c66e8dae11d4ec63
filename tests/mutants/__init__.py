"""Mutation testing of the patches: which small mistake in an added line would no check notice?"""
