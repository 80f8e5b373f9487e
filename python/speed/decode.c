/* MessagePack from another process: nothing in it is believed before it is checked. What is no message, and what has an
   extension in it, is for the Python code, which says what is wrong. */
#include "speed.h"

#include <string.h>

typedef struct {
  const unsigned char* at;
  const unsigned char* end;
  /* Parts that containers have promised and that did not come yet. Each takes a byte at least, so there are never more
     than bytes left: then no count, however nested, makes room for more than the message could fill. */
  size_t promised;
  int depth;
} Reader;

static inline size_t left(const Reader* reader) { return (size_t)(reader->end - reader->at); }

/* Big-endian. The caller has seen that they are there. */
static inline uint64_t load(const unsigned char* at, int bytes) {
  uint64_t value = 0;
  for (int index = 0; index < bytes; ++index) value = value << 8 | at[index];
  return value;
}

static inline bool take_unsigned(Reader* reader, int bytes, uint64_t* value) {
  if (left(reader) < (size_t)bytes) return false;
  *value = load(reader->at, bytes);
  reader->at += bytes;
  return true;
}

static PyObject* read_value(Reader* reader);

static PyObject* read_text(Reader* reader, uint64_t length) {
  if (length > left(reader)) return NULL;
  const unsigned char* content = reader->at;
  reader->at += length;
  PyObject* text = string_of_ascii(content, (size_t)length);
  return text != NULL ? text : PyUnicode_DecodeUTF8((const char*)content, (Py_ssize_t)length, NULL);
}

static PyObject* read_bytes(Reader* reader, uint64_t length) {
  if (length > left(reader)) return NULL;
  const unsigned char* content = reader->at;
  reader->at += length;
  return PyBytes_FromStringAndSize((const char*)content, (Py_ssize_t)length);
}

static bool enter(Reader* reader, uint64_t parts) {
  if (reader->depth >= CODEC_DEPTH || parts > left(reader) || reader->promised > left(reader) - parts) return false;
  reader->depth++;
  reader->promised += (size_t)parts;
  return true;
}

static PyObject* read_list(Reader* reader, uint64_t count) {
  if (!enter(reader, count)) return NULL;
  PyObject* list = PyList_New((Py_ssize_t)count);
  if (list == NULL) return NULL;
  for (Py_ssize_t index = 0; index < (Py_ssize_t)count; ++index) {
    reader->promised--;
    PyObject* part = read_value(reader);
    if (part == NULL) {
      Py_DECREF(list);
      return NULL;
    }
    PyList_SET_ITEM(list, index, part);
  }
  reader->depth--;
  return list;
}

/* A list or a dict as a key cannot be stored: in Python it becomes something that can. */
static bool read_pair(Reader* reader, PyObject* dict) {
  reader->promised -= 2;
  PyObject* key = read_value(reader);
  if (key == NULL) return false;
  PyObject* value = read_value(reader);
  const bool stored = value != NULL && PyDict_SetItem(dict, key, value) == 0;
  Py_DECREF(key);
  Py_XDECREF(value);
  return stored;
}

static PyObject* read_dict(Reader* reader, uint64_t count) {
  if (!enter(reader, 2 * count)) return NULL;
  PyObject* dict = PyDict_New();
  if (dict == NULL) return NULL;
  for (uint64_t index = 0; index < count; ++index) {
    if (!read_pair(reader, dict)) {
      Py_DECREF(dict);
      return NULL;
    }
  }
  reader->depth--;
  return dict;
}

static PyObject* read_float(Reader* reader, int bytes) {
  uint64_t bits;
  if (!take_unsigned(reader, bytes, &bits)) return NULL;
  if (bytes == 4) {
    const uint32_t half = (uint32_t)bits;
    float number;
    memcpy(&number, &half, sizeof number);
    return PyFloat_FromDouble(number);
  }
  double number;
  memcpy(&number, &bits, sizeof number);
  return PyFloat_FromDouble(number);
}

static PyObject* read_unsigned(Reader* reader, int bytes) {
  uint64_t value;
  if (!take_unsigned(reader, bytes, &value)) return NULL;
  return PyLong_FromUnsignedLongLong(value);
}

static PyObject* read_signed(Reader* reader, int bytes) {
  uint64_t value;
  if (!take_unsigned(reader, bytes, &value)) return NULL;
  switch (bytes) {
    case 1:
      return PyLong_FromLong((int8_t)value);
    case 2:
      return PyLong_FromLong((int16_t)value);
    case 4:
      return PyLong_FromLong((int32_t)value);
    default:
      return PyLong_FromLongLong((int64_t)value);
  }
}

static PyObject* constant(PyObject* value) {
  Py_INCREF(value);
  return value;
}

static PyObject* read_value(Reader* reader) {
  if (left(reader) == 0) return NULL;
  const unsigned char token = *reader->at++;
  uint64_t length;
  if (token < 0x80) return PyLong_FromLong(token);
  if (token < 0x90) return read_dict(reader, token - 0x80);
  if (token < 0xa0) return read_list(reader, token - 0x90);
  if (token < 0xc0) return read_text(reader, token - 0xa0);
  if (token >= 0xe0) return PyLong_FromLong((int8_t)token);
  switch (token) {
    case 0xc0:
      return constant(Py_None);
    case 0xc2:
      return constant(Py_False);
    case 0xc3:
      return constant(Py_True);
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return take_unsigned(reader, 1 << (token - 0xc4), &length) ? read_bytes(reader, length) : NULL;
    case 0xca:
    case 0xcb:
      return read_float(reader, token == 0xca ? 4 : 8);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return read_unsigned(reader, 1 << (token - 0xcc));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return read_signed(reader, 1 << (token - 0xd0));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return take_unsigned(reader, 1 << (token - 0xd9), &length) ? read_text(reader, length) : NULL;
    case 0xdc:
    case 0xdd:
      return take_unsigned(reader, token == 0xdc ? 2 : 4, &length) ? read_list(reader, length) : NULL;
    case 0xde:
    case 0xdf:
      return take_unsigned(reader, token == 0xde ? 2 : 4, &length) ? read_dict(reader, length) : NULL;
    default:
      return NULL;
  }
}

PyObject* decode_message(const unsigned char* bytes, size_t length) {
  Reader reader = {bytes, bytes + length, 0, 0};
  PyObject* value = read_value(&reader);
  if (value != NULL && reader.at != reader.end) Py_CLEAR(value);
  /* No memory, or no UTF-8. */
  if (value == NULL) PyErr_Clear();
  return value;
}
