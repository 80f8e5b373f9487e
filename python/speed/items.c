/* What all objects and messages have in common: numbers, codecs, items as bytes, one item there or back. */
#include "speed.h"

bool number_of(PyObject* object, uint64_t* number) {
  PyObject* found = PyObject_GetAttr(object, name_number);
  if (found != NULL) {
    *number = PyLong_AsUnsignedLongLong(found);
    Py_DECREF(found);
  }
  if (!PyErr_Occurred()) return true;
  PyErr_Clear();
  return false;
}

PyObject* codec_of(PyObject* object) {
  PyObject* found = PyObject_GetAttr(object, name_codec);
  if (found == NULL) {
    PyErr_Clear();
    return NULL;
  }
  Py_DECREF(found); /* this module has a reference of its own to those that it knows */
  return found == codec_msgpack || found == codec_raw ? found : NULL;
}

bool encode_item(PyObject* codec, PyObject* value, Buffer* into, size_t* length) {
  if (codec == codec_msgpack) return encode_value(value, into, length);
  if (!PyBytes_CheckExact(value)) return false;
  const size_t size = (size_t)PyBytes_GET_SIZE(value);
  if (!buffer_grow(into, *length, size)) return false;
  memcpy(into->bytes + *length, PyBytes_AS_STRING(value), size);
  *length += size;
  return true;
}

PyObject* decode_item(PyObject* codec, const unsigned char* bytes, size_t length) {
  if (codec == codec_msgpack) {
    PyObject* value = decode_message(bytes, length);
    if (value != NULL) return value;
  }
  PyObject* content = PyBytes_FromStringAndSize((const char*)bytes, (Py_ssize_t)length);
  if (content == NULL || codec == codec_raw) return content;
  PyObject* value = PyObject_CallMethodObjArgs(codec, name_decode, content, NULL);
  Py_DECREF(content);
  return value;
}

bool put_item(const Call* call, Put put, PyObject** result) {
  uint64_t number;
  Buffer buffer;
  if (call->count < 2 || !only_limits(call, 2) || !number_of(call->args[0], &number)) return false;
  PyObject* codec = codec_of(call->args[0]);
  if (codec == NULL || !buffer_take(&buffer)) return false;
  size_t length = 0;
  const bool done = encode_item(codec, call->args[1], &buffer, &length) && put(number, &buffer, length);
  buffer_give_back(&buffer);
  if (!done) return false;
  Py_INCREF(Py_None);
  *result = Py_None;
  return true;
}

bool take_item(const Call* call, bool (*may)(PyObject*), Take take, PyObject** result) {
  PyObject* object = call->args[0];
  uint64_t number;
  Buffer buffer;
  if (!only_limits(call, 1) || !number_of(object, &number)) return false;
  PyObject* codec = codec_of(object);
  if (codec == NULL || !may(object) || !buffer_take(&buffer)) return false;
  size_t length = 0;
  const bool done = take(number, &buffer, &length);
  if (done) *result = decode_item(codec, buffer.bytes, length);
  buffer_give_back(&buffer);
  return done;
}
