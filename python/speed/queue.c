/* Queues: one attempt to put or to get, one item or many. */
#include "speed.h"

/* More than this is copied without the GIL. */
#define LARGE ((size_t)64 * 1024)
/* The most items that are taken at once, as in Python (_messages.py). */
#define MOST 1024

static bool put_bytes(uint64_t number, const Buffer* buffer, size_t length) {
  if (length <= LARGE) return library.queue_put(number, buffer->bytes, length, 0, IP_ATTEMPT) == IP_OK;
  Status status;
  Py_BEGIN_ALLOW_THREADS status = library.queue_put(number, buffer->bytes, length, 0, IP_ATTEMPT);
  Py_END_ALLOW_THREADS return status == IP_OK;
}

bool fast_queue_put(const Call* call, PyObject** result) { return put_item(call, put_bytes, result); }

/* Items that were taken together with one that could not be decoded come first. */
static bool has_none_later(PyObject* queue) {
  PyObject* later = PyObject_GetAttr(queue, name_later);
  const bool none = later != NULL && PyList_CheckExact(later) && PyList_GET_SIZE(later) == 0;
  if (later == NULL) PyErr_Clear();
  Py_XDECREF(later);
  return none;
}

static bool get_bytes(uint64_t number, Buffer* buffer, size_t* length) {
  return library.queue_get(number, buffer->bytes, buffer->size, length, 0, IP_ATTEMPT) == IP_OK;
}

bool fast_queue_get(const Call* call, PyObject** result) { return take_item(call, has_none_later, get_bytes, result); }

/* ---- Many at once */

/* Those that found no room are put by the Python code, which waits: their bytes, their lengths, and how many went in.
 */
static PyObject* put_rest(const Call* call, const Buffer* buffer, size_t length, const uint32_t* lengths,
                          uint32_t count, uint32_t put) {
  size_t gone = 0;
  for (uint32_t index = 0; index < put; ++index) gone += lengths[index];
  PyObject* method = PyObject_GetAttr(call->args[0], name_put_rest);
  PyObject* bytes = PyBytes_FromStringAndSize((const char*)buffer->bytes + gone, (Py_ssize_t)(length - gone));
  PyObject* sizes =
      PyBytes_FromStringAndSize((const char*)(lengths + put), (Py_ssize_t)((count - put) * sizeof *lengths));
  PyObject* before = PyLong_FromUnsignedLong(put);
  PyObject* result = NULL;
  if (method != NULL && bytes != NULL && sizes != NULL && before != NULL) {
    /* Those three, and `block` and `timeout` as they were given. */
    PyObject* args[5] = {bytes, sizes, before};
    const Py_ssize_t limits = call->count - 2 + (call->names == NULL ? 0 : PyTuple_GET_SIZE(call->names));
    for (Py_ssize_t index = 0; index < limits; ++index) args[3 + index] = call->args[2 + index];
    result = PyObject_Vectorcall(method, args, (size_t)(3 + call->count - 2), call->names);
  }
  Py_XDECREF(before);
  Py_XDECREF(sizes);
  Py_XDECREF(bytes);
  Py_XDECREF(method);
  return result;
}

static bool encode_all(PyObject* codec, PyObject* items, Buffer* buffer, size_t* length, uint32_t* lengths) {
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(items);
  for (Py_ssize_t index = 0; index < count; ++index) {
    const size_t before = *length;
    if (!encode_item(codec, PySequence_Fast_GET_ITEM(items, index), buffer, length)) return false;
    if (*length - before > UINT32_MAX) return false;
    lengths[index] = (uint32_t)(*length - before);
  }
  return true;
}

bool fast_queue_put_many(const Call* call, PyObject** result) {
  uint64_t number;
  if (call->count < 2 || !only_limits(call, 2) || !number_of(call->args[0], &number)) return false;
  PyObject* items = call->args[1];
  PyObject* codec = codec_of(call->args[0]);
  if (codec == NULL || !(PyList_CheckExact(items) || PyTuple_CheckExact(items))) return false;
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(items);
  if (count == 0 || (uint64_t)count > UINT32_MAX) return false;

  Buffer buffer, sizes;
  if (!buffer_take(&buffer)) return false;
  if (!buffer_take(&sizes)) {
    buffer_give_back(&buffer);
    return false;
  }
  size_t length = 0;
  uint32_t put = 0;
  bool encoded = buffer_grow(&sizes, 0, (size_t)count * sizeof(uint32_t));
  uint32_t* lengths = (uint32_t*)sizes.bytes;
  encoded = encoded && encode_all(codec, items, &buffer, &length, lengths);
  if (encoded) {
    /* Whatever the status: how many went in is what counts. */
    if (length <= LARGE) {
      library.queue_put_many(number, buffer.bytes, lengths, (uint32_t)count, 0, IP_ATTEMPT, &put);
    } else {
      Py_BEGIN_ALLOW_THREADS library.queue_put_many(number, buffer.bytes, lengths, (uint32_t)count, 0, IP_ATTEMPT,
                                                    &put);
      Py_END_ALLOW_THREADS
    }
  }
  if (put == (uint32_t)count) {
    Py_INCREF(Py_None);
    *result = Py_None;
  } else if (put > 0) {
    *result = put_rest(call, &buffer, length, lengths, (uint32_t)count, put);
  }
  buffer_give_back(&sizes);
  buffer_give_back(&buffer);
  return put > 0;
}

/* One of them is not for us: the Python code decodes them all, and knows what to do with those behind an error. */
static PyObject* decode_in_python(PyObject* queue, const Buffer* buffer, const uint32_t* lengths, uint32_t count) {
  size_t total = 0;
  PyObject* sizes = PyList_New(count);
  if (sizes == NULL) return NULL;
  for (uint32_t index = 0; index < count; ++index) {
    total += lengths[index];
    PyObject* size = PyLong_FromUnsignedLong(lengths[index]);
    if (size == NULL) {
      Py_DECREF(sizes);
      return NULL;
    }
    PyList_SET_ITEM(sizes, index, size);
  }
  PyObject* bytes = PyBytes_FromStringAndSize((const char*)buffer->bytes, (Py_ssize_t)total);
  PyObject* result = bytes == NULL ? NULL : PyObject_CallMethodObjArgs(queue, name_decode_many, bytes, sizes, NULL);
  Py_XDECREF(bytes);
  Py_DECREF(sizes);
  return result;
}

static PyObject* decode_all(PyObject* codec, const Buffer* buffer, const uint32_t* lengths, uint32_t count) {
  PyObject* items = PyList_New(count);
  const unsigned char* at = buffer->bytes;
  for (uint32_t index = 0; items != NULL && index < count; ++index) {
    PyObject* item = codec == codec_msgpack ? decode_message(at, lengths[index])
                                            : PyBytes_FromStringAndSize((const char*)at, (Py_ssize_t)lengths[index]);
    if (item == NULL) {
      PyErr_Clear();
      Py_CLEAR(items);
    } else {
      PyList_SET_ITEM(items, index, item);
      at += lengths[index];
    }
  }
  return items;
}

bool fast_queue_get_many(const Call* call, PyObject** result) {
  PyObject* queue = call->args[0];
  uint64_t number;
  if (call->count < 2 || !only_limits(call, 2) || !PyLong_CheckExact(call->args[1])) return false;
  int overflow;
  const long most = PyLong_AsLongAndOverflow(call->args[1], &overflow);
  if (overflow != 0 || most < 1 || !number_of(queue, &number)) return false;
  PyObject* codec = codec_of(queue);
  Buffer buffer;
  if (codec == NULL || !has_none_later(queue) || !buffer_take(&buffer)) return false;
  uint32_t lengths[MOST];
  uint32_t count = 0;
  size_t needed = 0;
  const bool done =
      library.queue_get_many(number, buffer.bytes, buffer.size, lengths, most < MOST ? (uint32_t)most : MOST, &count,
                             &needed, 0, IP_ATTEMPT) == IP_OK;
  if (done) {
    *result = decode_all(codec, &buffer, lengths, count);
    if (*result == NULL) {
      PyErr_Clear();
      *result = decode_in_python(queue, &buffer, lengths, count);
    }
  }
  buffer_give_back(&buffer);
  return done;
}
