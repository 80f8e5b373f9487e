/* Ends of pipes: one attempt to send or to receive. */
#include "speed.h"

/* Longer messages are for the Python code, which copies them without the GIL. */
#define LARGE ((size_t)64 * 1024)

static bool send_bytes(uint64_t number, const Buffer* buffer, size_t length) {
  return length <= LARGE && library.pipe_send(number, buffer->bytes, length, 0) == IP_OK;
}

bool fast_pipe_send(const Call* call, PyObject** result) { return put_item(call, send_bytes, result); }

/* An end that met a message longer than it wanted is no longer readable: Python remembers that. */
static bool is_readable(PyObject* end) {
  PyObject* found = PyObject_GetAttr(end, name_readable);
  if (found == NULL) PyErr_Clear();
  Py_XDECREF(found);
  return found == Py_True;
}

static bool receive_bytes(uint64_t number, Buffer* buffer, size_t* length) {
  return library.pipe_receive(number, buffer->bytes, buffer->size, length, 0) == IP_OK;
}

bool fast_pipe_recv(const Call* call, PyObject** result) { return take_item(call, is_readable, receive_bytes, result); }
