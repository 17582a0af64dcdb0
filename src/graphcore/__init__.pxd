# Makes `cimport graphcore._module` resolve to the files beside this one.
