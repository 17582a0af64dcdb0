"""The hand-written C reference: kernels.h, its Python binding and the native loop."""
