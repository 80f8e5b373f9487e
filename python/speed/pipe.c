/* Ends of pipes: one attempt to send or to receive, and the codec around it. */
#include "speed.h"

/* Longer messages are for the Python code, which copies them without the GIL. */
#define LARGE ((size_t)64 * 1024)

bool fast_pipe_send(const Call* call, PyObject** result) {
  uint64_t number;
  Buffer buffer;
  if (call->count < 2 || !only_limits(call, 2) || !number_of(call->args[0], &number)) return false;
  PyObject* codec = codec_of(call->args[0]);
  if (codec == NULL || !buffer_take(&buffer)) return false;
  size_t length = 0;
  const bool done = encode_item(codec, call->args[1], &buffer, &length) && length <= LARGE &&
                    library.pipe_send(number, buffer.bytes, length, 0) == IP_OK;
  buffer_give_back(&buffer);
  if (!done) return false;
  Py_INCREF(Py_None);
  *result = Py_None;
  return true;
}

/* An end that met a message longer than it wanted is no longer readable: Python remembers that. */
static bool is_readable(PyObject* end) {
  PyObject* found = PyObject_GetAttr(end, name_readable);
  if (found == NULL) PyErr_Clear();
  Py_XDECREF(found);
  return found == Py_True;
}

bool fast_pipe_recv(const Call* call, PyObject** result) {
  PyObject* end = call->args[0];
  uint64_t number;
  Buffer buffer;
  if (!only_limits(call, 1) || !number_of(end, &number)) return false;
  PyObject* codec = codec_of(end);
  if (codec == NULL || !is_readable(end) || !buffer_take(&buffer)) return false;
  size_t length = 0;
  const bool done = library.pipe_receive(number, buffer.bytes, buffer.size, &length, 0) == IP_OK;
  if (done) *result = decode_item(codec, buffer.bytes, length);
  buffer_give_back(&buffer);
  return done;
}
