/* MessagePack of plain values. Only exact types: a subclass may mean something else, and is for the Python code. No
   code of the caller's runs here, so nothing changes while it is written. */
#include "speed.h"

#include <string.h>

typedef struct {
  Buffer* buffer;
  unsigned char* at;
  unsigned char* end;
} Writer;

static bool make_room(Writer* writer, size_t more) {
  if (more <= (size_t)(writer->end - writer->at)) return true;
  const size_t used = (size_t)(writer->at - writer->buffer->bytes);
  if (!buffer_grow(writer->buffer, used, more)) return false;
  writer->at = writer->buffer->bytes + used;
  writer->end = writer->buffer->bytes + writer->buffer->size;
  return true;
}

/* Big-endian, whatever the machine is. */
static inline void store(unsigned char* at, uint64_t value, int bytes) {
  for (int index = bytes - 1; index >= 0; --index, value >>= 8) at[index] = (unsigned char)value;
}

/* The most that a token and its number take. */
#define HEADER 9

static inline bool put_number(Writer* writer, unsigned char token, uint64_t value, int bytes) {
  if (!make_room(writer, HEADER)) return false;
  *writer->at = token;
  store(writer->at + 1, value, bytes);
  writer->at += 1 + bytes;
  return true;
}

static inline bool put_token(Writer* writer, unsigned char token) {
  if (!make_room(writer, HEADER)) return false;
  *writer->at++ = token;
  return true;
}

static bool put_integer(Writer* writer, PyObject* value) {
  int overflow;
  const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow != 0) {
    const unsigned long long large = overflow > 0 ? PyLong_AsUnsignedLongLong(value) : 0;
    if (overflow > 0 && !PyErr_Occurred()) return put_number(writer, 0xcf, large, 8);
    PyErr_Clear();
    return false; /* an extension */
  }
  if (number >= 0) {
    if (number < 0x80) return put_token(writer, (unsigned char)number);
    if (number <= 0xff) return put_number(writer, 0xcc, (uint64_t)number, 1);
    if (number <= 0xffff) return put_number(writer, 0xcd, (uint64_t)number, 2);
    if (number <= 0xffffffff) return put_number(writer, 0xce, (uint64_t)number, 4);
    return put_number(writer, 0xcf, (uint64_t)number, 8);
  }
  if (number >= -0x20) return put_token(writer, (unsigned char)number);
  if (number >= -0x80) return put_number(writer, 0xd0, (uint64_t)number, 1);
  if (number >= -0x8000) return put_number(writer, 0xd1, (uint64_t)number, 2);
  if (number >= -0x80000000LL) return put_number(writer, 0xd2, (uint64_t)number, 4);
  return put_number(writer, 0xd3, (uint64_t)number, 8);
}

static bool put_float(Writer* writer, PyObject* value) {
  const double number = PyFloat_AS_DOUBLE(value);
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return put_number(writer, 0xcb, bits, 8);
}

/* `token` has the form with a length of one byte; those of two and of four follow it. */
static bool put_content(Writer* writer, unsigned char token, const char* content, size_t length) {
  if (length > UINT32_MAX || !make_room(writer, HEADER + length)) return false;
  if (length <= 0xff)
    put_number(writer, token, length, 1);
  else if (length <= 0xffff)
    put_number(writer, token + 1, length, 2);
  else
    put_number(writer, token + 2, length, 4);
  memcpy(writer->at, content, length);
  writer->at += length;
  return true;
}

static bool put_text(Writer* writer, PyObject* value) {
  const char* content;
  Py_ssize_t length;
  if (PyUnicode_IS_COMPACT_ASCII(value)) {
    content = (const char*)PyUnicode_1BYTE_DATA(value);
    length = PyUnicode_GET_LENGTH(value);
  } else if ((content = PyUnicode_AsUTF8AndSize(value, &length)) == NULL) {
    PyErr_Clear(); /* a lone surrogate */
    return false;
  }
  if (length >= 32) return put_content(writer, 0xd9, content, (size_t)length);
  if (!make_room(writer, 32)) return false;
  *writer->at = (unsigned char)(0xa0 | length);
  memcpy(writer->at + 1, content, (size_t)length);
  writer->at += 1 + length;
  return true;
}

/* Of a list (`fixed` 0x90, `two` 0xdc) or a dict (0x80, 0xde). */
static bool put_count(Writer* writer, Py_ssize_t count, unsigned char fixed, unsigned char two) {
  if (count < 16) return put_token(writer, (unsigned char)(fixed | count));
  if (count <= 0xffff) return put_number(writer, two, (uint64_t)count, 2);
  return (uint64_t)count <= UINT32_MAX && put_number(writer, two + 1, (uint64_t)count, 4);
}

static bool put_value(Writer* writer, PyObject* value, int depth);

/* A cycle ends at the bound of the depth, and the Python code finds it there. */
static bool put_elements(Writer* writer, PyObject* const* elements, Py_ssize_t count, int depth) {
  if (!put_count(writer, count, 0x90, 0xdc)) return false;
  for (Py_ssize_t index = 0; index < count; ++index)
    if (!put_value(writer, elements[index], depth)) return false;
  return true;
}

static bool put_dict(Writer* writer, PyObject* dict, int depth) {
  PyObject *key, *value;
  Py_ssize_t position = 0;
  if (!put_count(writer, PyDict_GET_SIZE(dict), 0x80, 0xde)) return false;
  while (PyDict_Next(dict, &position, &key, &value))
    if (!put_value(writer, key, depth) || !put_value(writer, value, depth)) return false;
  return true;
}

static bool put_value(Writer* writer, PyObject* value, int depth) {
  if (PyUnicode_CheckExact(value)) return put_text(writer, value);
  if (PyLong_CheckExact(value)) return put_integer(writer, value);
  if (PyFloat_CheckExact(value)) return put_float(writer, value);
  if (value == Py_None) return put_token(writer, 0xc0);
  if (PyBool_Check(value)) return put_token(writer, value == Py_True ? 0xc3 : 0xc2);
  if (PyBytes_CheckExact(value))
    return put_content(writer, 0xc4, PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
  if (depth >= CODEC_DEPTH) return false;
  if (PyDict_CheckExact(value)) return put_dict(writer, value, depth + 1);
  if (PyList_CheckExact(value))
    return put_elements(writer, ((PyListObject*)value)->ob_item, PyList_GET_SIZE(value), depth + 1);
  if (PyTuple_CheckExact(value))
    return put_elements(writer, ((PyTupleObject*)value)->ob_item, PyTuple_GET_SIZE(value), depth + 1);
  return false;
}

bool encode_value(PyObject* value, Buffer* into, size_t* length) {
  Writer writer = {into, into->bytes + *length, into->bytes + into->size};
  if (!put_value(&writer, value, 0)) return false;
  *length = (size_t)(writer.at - into->bytes);
  return true;
}
