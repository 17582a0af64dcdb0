"""From a graph with concrete shapes to a program of kernel calls."""
