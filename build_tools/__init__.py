"""Build-time helpers of setup.py.  Not part of the installed package."""
