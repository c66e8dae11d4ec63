"""Any quilt series on any tree: patches, placing, the overlay and its journal, rebase, review.

It knows no OpenStack, no FreeBSD, no pins and no environment.
"""
