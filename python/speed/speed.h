/*
 * interproc._speed: what the Python package does for every message, in C. Nothing is here that is not in Python as
 * well; the package is whole without it.
 *
 * Two rules make that safe:
 *
 *   Hand over.  A function here does all of a call, or nothing of it. Whatever is unusual (another type than the plain
 *               ones, a queue that is full, an object that was closed) it leaves alone, and the Python code does it
 * from the beginning: waiting, Ctrl-C, forked children and every exception are there only. The GIL     is held
 * throughout, but while more than LARGE bytes are copied into a queue. No call waits: the library is asked to try once.
 * What is built for the caller may start a garbage collection, and with it any code at all, so memory that a call works
 * in belongs to that call alone (buffer.c).
 */
#ifndef INTERPROC_SPEED_H
#define INTERPROC_SPEED_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Raised when what the package expects of this module changes: one that was built of older sources is not used. */
#define SPEED_INTERFACE 1

/* ---- buffer.c: memory that a call works in */

typedef struct {
  unsigned char* bytes;
  size_t size;
} Buffer;

#define BUFFER_SIZE ((size_t)64 * 1024)

/* One of at least BUFFER_SIZE bytes. False where there is no memory. */
bool buffer_take(Buffer* buffer);
void buffer_give_back(Buffer* buffer);
/* Keeps the first `used` bytes, has room for `more` behind them. False, and as it was, where there is no memory. */
bool buffer_grow(Buffer* buffer, size_t used, size_t more);

/* ---- codec: MessagePack of None, bool, int, float, str, bytes, list, tuple and dict */

/* Nested deeper than this is for the Python code, which has bounds of its own: these functions call themselves. */
#define CODEC_DEPTH 64

/* encode.c: writes a value behind `*length` bytes, and adds to them. False: not for us; no exception is set. */
bool encode_value(PyObject* value, Buffer* into, size_t* length);
/* decode.c: the value of exactly these bytes. NULL: not for us, or no message; no exception is set. */
PyObject* decode_message(const unsigned char* bytes, size_t length);
/* strings.c: an ASCII string, perhaps one that was made before. NULL: not ASCII, or no memory; no exception is set. */
PyObject* string_of_ascii(const unsigned char* bytes, size_t length);

/* ---- library.c: functions of libinterproc.so, which ctypes has loaded */

typedef int32_t Status;
enum { IP_OK = 0, IP_ATTEMPT = 1 };

typedef struct {
  Status (*queue_put)(uint64_t queue, const void* bytes, size_t length, int64_t timeout, uint32_t flags);
  Status (*queue_get)(uint64_t queue, void* buffer, size_t capacity, size_t* length, int64_t timeout, uint32_t flags);
  Status (*queue_put_many)(uint64_t queue, const void* bytes, const uint32_t* lengths, uint32_t count, int64_t timeout,
                           uint32_t flags, uint32_t* done);
  Status (*queue_get_many)(uint64_t queue, void* buffer, size_t capacity, uint32_t* lengths, uint32_t most,
                           uint32_t* count, size_t* needed, int64_t timeout, uint32_t flags);
  Status (*pipe_send)(uint64_t end, const void* bytes, size_t length, int64_t timeout);
  Status (*pipe_receive)(uint64_t end, void* buffer, size_t capacity, size_t* length, int64_t timeout);
  Status (*lock_acquire)(uint64_t lock, int64_t timeout, int* abandoned);
  Status (*lock_release)(uint64_t lock);
} Library;

/* Filled by use_library(), before anything of what follows can be called. */
extern Library library;
/* The codecs that are known here, as objects of the package. */
extern PyObject *codec_raw, *codec_msgpack;

PyObject* use_library(PyObject* module, PyObject* args);

/* ---- method.c: methods that are tried in C first */

/* A method's arguments: the object itself is args[0]; the values of `names` stand behind the `count` positional ones.
 */
typedef struct {
  PyObject* const* args;
  Py_ssize_t count;
  PyObject* names;  /* NULL: none */
  PyObject* limits; /* what the method's parameters for waiting are called: `block`, `timeout`, some or none of them */
} Call;

/* True: done, and `*result` is the result, or NULL with an exception set. False: nothing was done. */
typedef bool (*Fast)(const Call* call, PyObject** result);

/* Whether the arguments behind the first `own` are for waiting only, and such as never raise: an attempt that succeeds
   needs none of them. */
bool only_limits(const Call* call, Py_ssize_t own);

extern PyTypeObject method_type;
/* method(fast's name, the method in Python, limits): what stands in a class in its place. */
PyObject* make_method(PyObject* module, PyObject* args);

/* ---- items.c: what all objects and messages have in common */

/* The library's number of an object of the package. False where it has none. */
bool number_of(PyObject* object, uint64_t* number);
/* Its codec where that is known here: codec_raw or codec_msgpack. NULL: another. Borrowed from this module. */
PyObject* codec_of(PyObject* object);
/* Writes a message in a codec of ours, behind `*length` bytes. False: not for us. */
bool encode_item(PyObject* codec, PyObject* value, Buffer* into, size_t* length);
/* What a message says: in its codec's own words where it cannot be read here. NULL with an exception. */
PyObject* decode_item(PyObject* codec, const unsigned char* bytes, size_t length);

/* One attempt of the library to put or to take the bytes of an item: whether it succeeded. */
typedef bool (*Put)(uint64_t number, const Buffer* buffer, size_t length);
typedef bool (*Take)(uint64_t number, Buffer* buffer, size_t* length);
/* The call whose first argument is an item, and the one that gives one, unless `may` says no. As a Fast. */
bool put_item(const Call* call, Put put, PyObject** result);
bool take_item(const Call* call, bool (*may)(PyObject* object), Take take, PyObject** result);

/* ---- queue.c, pipe.c, lock.c: what there is to try */
bool fast_queue_put(const Call* call, PyObject** result);
bool fast_queue_get(const Call* call, PyObject** result);
bool fast_queue_put_many(const Call* call, PyObject** result);
bool fast_queue_get_many(const Call* call, PyObject** result);
bool fast_pipe_send(const Call* call, PyObject** result);
bool fast_pipe_recv(const Call* call, PyObject** result);
bool fast_lock_acquire(const Call* call, PyObject** result);
bool fast_lock_release(const Call* call, PyObject** result);

/* Names of attributes, made once (module.c). */
extern PyObject *name_number, *name_codec, *name_later, *name_decode, *name_abandoned, *name_readable, *name_put_rest,
    *name_decode_many;

#endif
