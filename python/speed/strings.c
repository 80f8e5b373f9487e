/* Strings that came lately: the keys of objects that are all alike, and words that return. One that is found costs no
   allocation, and has its hash already. */
#include "speed.h"

#include <string.h>

/* A power of two: the place of a string is a part of its hash, and the one that was there goes. */
#define PLACES 1024
#define LONGEST 24

static PyObject* recent[PLACES];

static inline uint64_t load(const unsigned char* bytes, size_t count) {
  uint64_t word = 0;
  memcpy(&word, bytes, count);
  return word;
}

/* Its first bytes, its last bytes and its length. */
static inline size_t place_of(const unsigned char* bytes, size_t length) {
  uint64_t first, last;
  if (length >= 8) {
    first = load(bytes, 8);
    last = load(bytes + length - 8, 8);
  } else if (length >= 4) {
    first = load(bytes, 4);
    last = load(bytes + length - 4, 4);
  } else {
    first = (uint64_t)bytes[0] << 16 | (uint64_t)bytes[length / 2] << 8 | bytes[length - 1];
    last = 0;
  }
  const uint64_t mixed = (first ^ (last << 29 | last >> 35) ^ length) * UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(mixed >> 54);
}

_Static_assert(PLACES == 1 << (64 - 54), "a place is the upper bits of the hash");

static inline bool is_ascii(const unsigned char* bytes, size_t length) {
  const uint64_t high = UINT64_C(0x8080808080808080);
  for (; length >= 8; bytes += 8, length -= 8)
    if (load(bytes, 8) & high) return false;
  return (length == 0 ? 0 : load(bytes, length) & high) == 0;
}

PyObject* string_of_ascii(const unsigned char* bytes, size_t length) {
  PyObject** place = NULL;
  if (length > 0 && length <= LONGEST) {
    place = &recent[place_of(bytes, length)];
    PyObject* known = *place;
    if (known != NULL && (size_t)PyUnicode_GET_LENGTH(known) == length &&
        memcmp(PyUnicode_1BYTE_DATA(known), bytes, length) == 0) {
      Py_INCREF(known);
      return known;
    }
  }
  if (!is_ascii(bytes, length)) return NULL;
  PyObject* made = PyUnicode_New((Py_ssize_t)length, 127);
  if (made == NULL) {
    PyErr_Clear();
    return NULL;
  }
  if (length > 0) memcpy(PyUnicode_1BYTE_DATA(made), bytes, length);
  if (place != NULL) {
    Py_INCREF(made);
    Py_XSETREF(*place, made);
  }
  return made;
}
