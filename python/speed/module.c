/* The module: encode(), decode(), method(), use_library(). For interproc/_accelerate.py. */
#include "speed.h"

PyObject *name_number, *name_codec, *name_later, *name_decode, *name_abandoned, *name_readable, *name_put_rest,
    *name_decode_many;

/* encode(value): its bytes, or None where it is not for us. */
static PyObject* encode(PyObject* Py_UNUSED(module), PyObject* value) {
  Buffer buffer;
  if (!buffer_take(&buffer)) return PyErr_NoMemory();
  size_t length = 0;
  PyObject* bytes = Py_None;
  if (encode_value(value, &buffer, &length))
    bytes = PyBytes_FromStringAndSize((const char*)buffer.bytes, (Py_ssize_t)length);
  else
    Py_INCREF(bytes);
  buffer_give_back(&buffer);
  return bytes;
}

/* decode(buffer, otherwise): what the bytes say, or `otherwise` where they are not for us. */
static PyObject* decode(PyObject* Py_UNUSED(module), PyObject* args) {
  Py_buffer view;
  PyObject* otherwise;
  if (!PyArg_ParseTuple(args, "y*O", &view, &otherwise)) return NULL;
  PyObject* value = decode_message(view.buf, (size_t)view.len);
  PyBuffer_Release(&view);
  if (value == NULL) {
    Py_INCREF(otherwise);
    value = otherwise;
  }
  return value;
}

static PyMethodDef functions[] = {
    {"encode", encode, METH_O, NULL},
    {"decode", decode, METH_VARARGS, NULL},
    {"method", make_method, METH_VARARGS, NULL},
    {"use_library", use_library, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static bool make_names(void) {
  return (name_number = PyUnicode_InternFromString("_number")) != NULL &&
         (name_codec = PyUnicode_InternFromString("_codec")) != NULL &&
         (name_later = PyUnicode_InternFromString("_later")) != NULL &&
         (name_decode = PyUnicode_InternFromString("decode")) != NULL &&
         (name_abandoned = PyUnicode_InternFromString("abandoned")) != NULL &&
         (name_readable = PyUnicode_InternFromString("_readable")) != NULL &&
         (name_put_rest = PyUnicode_InternFromString("_put_rest")) != NULL &&
         (name_decode_many = PyUnicode_InternFromString("_decode_many")) != NULL;
}

/* What is kept between calls is the process's, and guarded by its one GIL: so the module is for one interpreter, and
   another one in the process does without it. */
static int start(PyObject* module) {
  static bool started;
  if (started) {
    PyErr_SetString(PyExc_ImportError, "interproc._speed is in use by another interpreter of this process");
    return -1;
  }
  started = true;
  if (!make_names() || PyType_Ready(&method_type) < 0) return -1;
  return PyModule_AddIntConstant(module, "INTERFACE", SPEED_INTERFACE);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void*)start},
#if PY_VERSION_HEX >= 0x030c0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,  .m_name = "_speed", .m_doc = "What interproc does for every message, in C.",
    .m_methods = functions, .m_slots = slots,
};

PyMODINIT_FUNC PyInit__speed(void);
PyMODINIT_FUNC PyInit__speed(void) { return PyModuleDef_Init(&definition); }
