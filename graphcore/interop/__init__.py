"""Bridges to other libraries, one small file each; none is imported before it is needed."""
