// CPython binding of kernels.h: bind(...) returns an object that is called as f(theta) -> (logp, grad) through vectorcall,
// with a bench(thetas, reps) method that loops in C. grad is one array that every call overwrites.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>
#include <time.h>
#undef I
#include "kernels.h"
typedef struct { PyObject_HEAD vectorcallfunc vc; kern f; ctx c; PyObject *keep; PyArrayObject *g; int64_t dim; } Fn;
static PyObject *fn_vc(PyObject *self, PyObject *const *args, size_t nf, PyObject *kw) {
  Fn *s = (Fn *)self; PyArrayObject *t = (PyArrayObject *)args[0];
  if (!PyArray_CheckExact(t) || PyArray_TYPE(t) != NPY_DOUBLE || !PyArray_IS_C_CONTIGUOUS(t) || PyArray_SIZE(t) != s->dim) {
    PyErr_SetString(PyExc_TypeError, "theta: contiguous float64 of right size"); return NULL; }
  double v = s->f((const double *)PyArray_DATA(t), (double *)PyArray_DATA(s->g), &s->c);
  PyObject *fv = PyFloat_FromDouble(v), *r = PyTuple_New(2);
  PyTuple_SET_ITEM(r, 0, fv); Py_INCREF(s->g); PyTuple_SET_ITEM(r, 1, (PyObject *)s->g); return r;
}
static PyObject *fn_bench(PyObject *self, PyObject *args) { // (thetas[n,dim], reps) -> ns per call, no Python in the loop
  Fn *s = (Fn *)self; PyArrayObject *t; long reps; if (!PyArg_ParseTuple(args, "O!l", &PyArray_Type, &t, &reps)) return NULL;
  long n = PyArray_DIM(t, 0); const double *d = PyArray_DATA(t); double *g = PyArray_DATA(s->g); volatile double acc = 0;
  struct timespec a, b; clock_gettime(CLOCK_MONOTONIC, &a);
  for (long i = 0; i < reps; i++) acc += s->f(d + (i % n) * s->dim, g, &s->c);
  clock_gettime(CLOCK_MONOTONIC, &b);
  return PyFloat_FromDouble(((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / reps);
}
static PyMethodDef fn_m[] = {{"bench", fn_bench, METH_VARARGS, ""}, {0}};
static PyTypeObject FnT = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_handc.Fn", .tp_basicsize = sizeof(Fn), .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
  .tp_vectorcall_offset = offsetof(Fn, vc), .tp_call = PyVectorcall_Call, .tp_methods = fn_m};
// bind(name, dim, [float arrays], [int64 arrays], [ints], [floats], nwork, potrf, potri, potrs)
static PyObject *bind(PyObject *m, PyObject *args) {
  const char *nm; long dim, nw; PyObject *D, *I, *n, *s; unsigned long long p1 = 0, p2 = 0, p3 = 0;
  if (!PyArg_ParseTuple(args, "slO!O!O!O!l|KKK", &nm, &dim, &PyList_Type, &D, &PyList_Type, &I, &PyList_Type, &n, &PyList_Type, &s, &nw, &p1, &p2, &p3)) return NULL;
  int k = 0; while (KERN[k].nm && strcmp(KERN[k].nm, nm)) k++; if (!KERN[k].nm) { PyErr_SetString(PyExc_KeyError, nm); return NULL; }
  Fn *f = PyObject_New(Fn, &FnT); memset(&f->c, 0, sizeof(ctx)); f->vc = fn_vc; f->f = KERN[k].f; f->dim = dim;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(D); i++) f->c.D[i] = PyArray_DATA((PyArrayObject *)PyList_GET_ITEM(D, i));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(I); i++) f->c.I[i] = PyArray_DATA((PyArrayObject *)PyList_GET_ITEM(I, i));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(n); i++) f->c.n[i] = PyLong_AsLong(PyList_GET_ITEM(n, i));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(s); i++) f->c.s[i] = PyFloat_AsDouble(PyList_GET_ITEM(s, i));
  f->c.W = aligned_alloc(64, (8 * (nw + 8) + 63) / 64 * 64); f->c.potrf = (void *)p1; f->c.potri = (void *)p2; f->c.potrs = (void *)p3;
  npy_intp dd = dim; f->g = (PyArrayObject *)PyArray_ZEROS(1, &dd, NPY_DOUBLE, 0); f->keep = Py_BuildValue("OO", D, I); return (PyObject *)f;
}
static PyMethodDef mm[] = {{"bind", bind, METH_VARARGS, ""}, {0}};
static struct PyModuleDef md = {PyModuleDef_HEAD_INIT, "_handc", 0, -1, mm};
PyMODINIT_FUNC PyInit__handc(void) { import_array(); if (PyType_Ready(&FnT) < 0) return NULL; PyObject *m = PyModule_Create(&md); PyModule_AddIntConstant(m, "BL", BL); return m; }
