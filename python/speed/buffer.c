/* Memory that a call works in. It is borrowed for the call, so that a thread that comes in between, or code that a
   garbage collection runs, has other memory. The GIL guards the spare ones. */
#include "speed.h"

#include <string.h>

/* Larger ones are not kept for the next call. */
#define KEPT ((size_t)4 * 1024 * 1024)
#define SPARES 4

static Buffer spares[SPARES];
static int count;

bool buffer_take(Buffer* buffer) {
  if (count > 0) {
    *buffer = spares[--count];
    return true;
  }
  buffer->bytes = PyMem_Malloc(BUFFER_SIZE);
  buffer->size = BUFFER_SIZE;
  return buffer->bytes != NULL;
}

void buffer_give_back(Buffer* buffer) {
  if (count < SPARES && buffer->size <= KEPT)
    spares[count++] = *buffer;
  else
    PyMem_Free(buffer->bytes);
  buffer->bytes = NULL;
}

bool buffer_grow(Buffer* buffer, size_t used, size_t more) {
  if (more <= buffer->size - used) return true;
  if (more > SIZE_MAX / 2 - used) return false;
  size_t size = used + more;
  if (size < 2 * buffer->size) size = 2 * buffer->size;
  unsigned char* bytes = PyMem_Realloc(buffer->bytes, size);
  if (bytes == NULL) return false;
  buffer->bytes = bytes;
  buffer->size = size;
  return true;
}
