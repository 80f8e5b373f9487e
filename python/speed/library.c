/* The functions of libinterproc.so: their addresses come from ctypes, so this module links to nothing and there is one
   library in the process. */
#include "speed.h"

Library library;
PyObject *codec_raw, *codec_msgpack;

static bool address_of(PyObject* addresses, const char* name, void* function) {
  PyObject* address = PyMapping_GetItemString(addresses, name);
  if (address == NULL) return false;
  void* at = PyLong_AsVoidPtr(address);
  Py_DECREF(address);
  if (at == NULL) {
    if (!PyErr_Occurred()) PyErr_Format(PyExc_ValueError, "%s has no address", name);
    return false;
  }
  *(void**)function = at; /* as POSIX has it for dlsym() */
  return true;
}

/* use_library(addresses by name, the codec 'raw', the codec 'msgpack') */
PyObject* use_library(PyObject* Py_UNUSED(module), PyObject* args) {
  PyObject *addresses, *raw, *msgpack;
  if (!PyArg_ParseTuple(args, "OOO", &addresses, &raw, &msgpack)) return NULL;
  Library found;
  if (!address_of(addresses, "ip_queue_put", &found.queue_put) ||
      !address_of(addresses, "ip_queue_get", &found.queue_get) ||
      !address_of(addresses, "ip_queue_put_many", &found.queue_put_many) ||
      !address_of(addresses, "ip_queue_get_many", &found.queue_get_many) ||
      !address_of(addresses, "ip_pipe_send", &found.pipe_send) ||
      !address_of(addresses, "ip_pipe_receive", &found.pipe_receive) ||
      !address_of(addresses, "ip_lock_acquire", &found.lock_acquire) ||
      !address_of(addresses, "ip_lock_release", &found.lock_release))
    return NULL;
  library = found;
  Py_INCREF(raw);
  Py_INCREF(msgpack);
  Py_XSETREF(codec_raw, raw);
  Py_XSETREF(codec_msgpack, msgpack);
  Py_RETURN_NONE;
}
