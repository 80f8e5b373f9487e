/*
 * interproc for C: the objects that Node.js, Python and every other language with a C interface share by name.
 *
 * Objects. An object is known by a number (ip_object), which is valid in this process only. Numbers are never reused:
 * one that was closed answers IP_CLOSED for ever, one that a forked child inherited answers IP_FORKED there. 0 is no
 * object.
 *
 * Threads. Every function may be called from every thread, with the same object at the same time. Each thread is a
 * participant of its own in each object that it uses (256 for an object in all processes; IP_TOO_MANY beyond), attached
 * at its first use and detached at the thread's end. So the owner of a lock is a thread, and only that may release it.
 * A thread that ends holding a lock counts as dead: the next holder is told. An end of a pipe belongs to the process:
 * any of its threads may use it.
 *
 * Blocking. Functions with `timeout` block the calling thread: nanoseconds, 0 tries once, negative waits for ever.
 * Time is monotonic. What wakes each is said with it; beyond that the death of a process that the wait depends on is
 * seen within 100 ms. Nothing else blocks, but for the moment in which another process is inside a critical section:
 * microseconds, 100 ms at the most, and IP_BUSY after that. ip_close() from another thread ends a wait with IP_CLOSED;
 * a flag that a signal handler sets ends it with IP_INTERRUPTED (ip_interrupt_on).
 *
 * Memory. Messages are bytes in the caller's buffers; nothing is allocated for a message. A buffer that is too small
 * loses nothing: IP_SMALL_BUFFER, the message stays, and its length is told. Strings are NUL-terminated UTF-8. Large
 * messages can be filled and read where they lie, in shared memory (loans).
 *
 * Errors. Every function that can fail returns a status. ip_last_message() says what went wrong last in this thread,
 * ip_last_errno() which error number a failed system call gave. Where a function fails, nothing has changed and what
 * it gives out is untouched, unless said otherwise.
 *
 * Exit and fork. An orderly exit detaches from everything and frees the locks held. A forked child has none of its
 * parent's objects: each call answers IP_FORKED, and others notice the parent's death as if there were no child.
 * (Memory that ip_cell_memory() and ip_memory_bytes() gave stays mapped there.) The child may open the same names anew.
 * After a fork in a process with several threads the usual limits of POSIX apply as well.
 */
#ifndef INTERPROC_H
#define INTERPROC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(INTERPROC_BUILD)
#define IP_API __attribute__((visibility("default")))
#else
#define IP_API
#endif

/* Raised when a function changes its meaning or goes; new functions and codes raise the minor number. */
#define IP_ABI_MAJOR 1
#define IP_ABI_MINOR 1

/* major << 16 | minor, of the library that is loaded. */
IP_API uint32_t ip_abi_version(void);

/* ---- Statuses ------------------------------------------------------------------------------------------------- */

typedef int32_t ip_status;

/* The numbers are part of the ABI. */
enum ip_code {
  IP_OK = 0,
  IP_EMPTY = 1,             /* nothing to take came in time */
  IP_FULL = 2,              /* no room came in time */
  IP_BUSY = 3,              /* another, living process stays inside the object's critical section */
  IP_TIMEOUT = 4,           /* the wait ran out */
  IP_INTERRUPTED = 5,       /* the flag of ip_interrupt_on() was set */
  IP_SHUT_DOWN = 6,         /* the queue was shut down (and, for a get, is drained) */
  IP_END_OF_FILE = 7,       /* the other end is gone, and all that it sent was read */
  IP_BROKEN_PIPE = 8,       /* the other end is gone: nobody could read the message */
  IP_SMALL_BUFFER = 9,      /* the buffer is too small; nothing was taken, the size needed is told */
  IP_TOO_LARGE = 10,        /* larger than the object's largest message */
  IP_NOT_OWNED = 11,        /* this thread does not hold the lock */
  IP_DEADLOCK = 12,         /* only this very thread could end the wait */
  IP_BROKEN_BARRIER = 13,   /* the barrier is broken, or was while this party waited */
  IP_TASK_DONE = 14,        /* ip_queue_task_done() more often than items were taken */
  IP_TASKS_LOST = 15,       /* consumers died with items that they had not finished */
  IP_ABOVE_BOUND = 16,      /* a bounded semaphore would rise above its first value */
  IP_END_TAKEN = 17,        /* this end of the pipe belongs to another process */
  IP_NOT_READABLE = 18,     /* this end only writes */
  IP_NOT_WRITABLE = 19,     /* this end only reads */
  IP_NO_LOCK = 20,          /* the object has no lock of its own */
  IP_WAIT_AGAIN = 21,       /* not an error: see ip_barrier_look(), ip_event_passed(), ip_condition_take() */
  IP_ACT = 22,              /* not an error: this party is to run the barrier's action */
  IP_LOAN = 23,             /* the message at the head was put as a loan: it stays, and is taken as one */
  IP_LOAN_FOREIGN = 24,     /* this loan cannot be sent here: another object lent it, or it was received */
  IP_CLOSED = 32,           /* no such object, or closed */
  IP_FORKED = 33,           /* the object is the parent process's; open it anew */
  IP_INVALID = 34,          /* an argument that has no meaning; nothing was touched */
  IP_SYSTEM = 35,           /* a system call failed: ip_last_errno() */
  IP_CORRUPT = 36,          /* shared bytes break the layout's rules */
  IP_LAYOUT_MISMATCH = 37,  /* another kind of object, or another byte order */
  IP_OPTIONS_MISMATCH = 38, /* what exists contradicts the options given */
  IP_FOREIGN_OWNER = 39,    /* belongs to another user */
  IP_TOO_MANY = 40,         /* 256 threads and processes are attached already */
  IP_FOREIGN = 41,          /* what has the name is not an object of ours */
  IP_OLDER_LAYOUT = 42,     /* made by an older version of interproc, with another layout */
  IP_NEWER_LAYOUT = 43      /* made by a newer version of interproc, with a layout or features unknown to this one */
};

/* What a status means, in a few words. Never NULL; static. */
IP_API const char* ip_strerror(ip_status status);
/* What went wrong in this thread's last failed call, with names. Valid until the thread's next failure. */
IP_API const char* ip_last_message(void);
/* The errno of this thread's last IP_SYSTEM, 0 where there was none. ENOENT: no such name. EEXIST: the name is taken.
 */
IP_API int ip_last_errno(void);

/* ---- Objects in general --------------------------------------------------------------------------------------- */

typedef uint64_t ip_object;

/* What to do about a name. */
enum ip_how {
  IP_CREATE = 0,         /* IP_SYSTEM with EEXIST where it is taken */
  IP_OPEN = 1,           /* IP_SYSTEM with ENOENT where there is none; options but the name are ignored */
  IP_OPEN_OR_CREATE = 2, /* IP_OPTIONS_MISMATCH where what exists contradicts options given */
};

enum ip_codec { IP_CODEC_RAW = 0, IP_CODEC_MSGPACK = 1, IP_CODEC_V8 = 2, IP_CODEC_JSON = 3, IP_CODEC_CUSTOM = 255 };

/* Zero means "as usual" in every field. */
typedef struct ip_options {
  const char* name; /* 1 to 200 of A-Z a-z 0-9 . _ -, not "." or ".."; NULL, to create: a short unique one is made */
  const char* meta; /* JSON object for the language bindings; NULL: what Node.js writes for such an object */
  uint32_t mode;    /* permissions; 0: 0600 */
  uint32_t codec;   /* ip_codec: how messages are encoded. This library does not look at it */
  uint32_t persist; /* 1: the memory stays until ip_unlink(), even when nobody is attached */
  uint32_t reserved;
} ip_options;

/* The object that a handle leads to: the JSON text {"interproc":1,"kind":"queue","name":"..."} that ip_handle() and, in
   other languages, an object's `handle` gives. An end of a pipe is claimed. Blocks as opening does: not. */
IP_API ip_status ip_attach(const char* handle, ip_object* out);
/* Writes an object's handle, with its NUL. IP_SMALL_BUFFER where it does not fit; `needed`, which may be NULL, tells.
 */
IP_API ip_status ip_handle(ip_object object, char* text, size_t capacity, size_t* needed);

/* "queue", "joinable-queue", "simple-queue", "priority-queue", "connection", "value", "array", "lock", "rlock",
   "cell-lock", "semaphore", "bounded-semaphore", "condition", "event", "barrier", "memory"; NULL where the object is
   closed. Static. */
IP_API const char* ip_kind(ip_object object);
/* The object's name, as ip_handle(). */
IP_API ip_status ip_name(ip_object object, char* text, size_t capacity, size_t* needed);
/* What its creator said of it: JSON, as ip_handle(). */
IP_API ip_status ip_meta(ip_object object, char* text, size_t capacity, size_t* needed);

typedef struct ip_description {
  uint32_t mode;
  uint32_t codec;
  uint32_t persist;
  uint32_t end; /* of a connection: 0 or 1 */
} ip_description;
IP_API ip_status ip_describe(ip_object object, ip_description* out);

/* Lets go of this number. With the last number of the process on an object, all threads detach: locks held are freed,
   an end of a pipe is closed and its peer told, and the memory goes where nobody else is attached and it does not
   persist. Waits of other threads end with IP_CLOSED. IP_CLOSED where it was closed before. Never waits. */
IP_API ip_status ip_close(ip_object object);
/* Removes the object's name; who is attached goes on. IP_SYSTEM with ENOENT where it is gone, or leads elsewhere. */
IP_API ip_status ip_unlink(ip_object object);
/* Removes a name, whatever it leads to: of an object of a segment (any kind but semaphores and memory). */
IP_API ip_status ip_unlink_name(const char* name);
/* 1 where the name still leads to this very object, 0 where not, or closed. */
IP_API int ip_is_current(ip_object object);

/* Detaches this process from everything, as its exit does: `orderly` 1 frees locks held, 0 leaves them to be taken over
   as a dead holder's. Calls of other threads end with IP_CLOSED. */
IP_API void ip_close_all(int orderly);
/* Removes what dead processes of this user left in /dev/shm; how many files went. Done once by the first creation. */
IP_API int ip_sweep(void);

/* ---- Waiting -------------------------------------------------------------------------------------------------- */

/* Waits of this thread look at the flag at least every 50 ms, and when a signal was handled, and end with
   IP_INTERRUPTED while it is not 0. NULL: none. The flag must outlive its use. */
IP_API void ip_interrupt_on(const volatile int* flag);

/* What can be waited for, by kind of object. `need` is the parameter that some have. */
enum ip_condition {
  IP_WHEN_NOT_EMPTY = 0, /* queues: something to get, or shut down */
  IP_WHEN_NOT_FULL = 1,  /* queues: room for `need` bytes, or shut down */
  IP_WHEN_PUT_FREE = 2,  /* queues, after IP_BUSY of a put */
  IP_WHEN_GET_FREE = 3,  /* queues, after IP_BUSY of a get, task_done or join */
  IP_WHEN_JOINED = 4,    /* joinable queues, after IP_WAIT_AGAIN of ip_queue_join_once() */
  IP_WHEN_LENDABLE = 5,  /* queues, and connections that write: memory to lend `need` bytes, or nobody reads */
  IP_WHEN_LOAN_FITS = 6, /* the same: room to send a loan; `need` is its length * 1024 + its meta's length */
  IP_WHEN_READABLE = 0,  /* connections: a message, or the end of file */
  IP_WHEN_WRITABLE = 1,  /* connections: room for `need` bytes, or nobody reads */
  IP_WHEN_FREE = 0,      /* locks, values, arrays, conditions: the lock can be had */
  IP_WHEN_PERMIT = 0,    /* semaphores */
  IP_WHEN_PASSED = 0,    /* events: set now, or since ip_event_begin() gave `need` */
  IP_WHEN_SET = 1,       /* events: set now */
  IP_WHEN_NOTIFIED = 1,  /* conditions, after ip_condition_enter() */
  IP_WHEN_OVER = 0,      /* barriers: round `need` has ended, or this thread is to run its action */
  IP_WHEN_OPEN = 1,      /* barriers: a new round can be entered, after IP_WAIT_AGAIN of ip_barrier_arrive() */
};

/* Blocks until the condition may hold, which only an attempt can tell for certain; IP_TIMEOUT. Takes nothing. */
IP_API ip_status ip_wait(ip_object object, uint32_t condition, uint64_t need, int64_t timeout);

/*
 * For event loops: nothing blocks, one descriptor for each thread wakes it for all objects at once.
 *
 *   1. try the operation (IP_ATTEMPT, or a timeout of 0); where it would wait,
 *   2. ip_arm() what it waits for. `ready` 1: go back to 1. It has to be done anew after each wake;
 *   3. when the descriptor of ip_doorbell() is readable, ip_doorbell_drain(), then for each operation go to 1;
 *   4. while anything is armed, go to 1 every 50 to 100 ms too, with ip_look(): nobody rings for those who were killed;
 *   5. ip_disarm() when an operation is done or given up. A wake that it was given and does not use goes to the next
 *      waiter. It also disarms other operations of this thread that wait for the same: arm those again.
 */
IP_API ip_status ip_doorbell(int* descriptor); /* this thread's; it belongs to the library, and ends with the thread */
IP_API void ip_doorbell_drain(void);
IP_API ip_status ip_arm(ip_object object, uint32_t condition, uint64_t need, int* ready);
IP_API ip_status ip_disarm(ip_object object, uint32_t condition, uint64_t need);
/* Whether the condition may hold; asks the kernel about whom it depends on. 1, 0; 1 also where the object is closed. */
IP_API int ip_look(ip_object object, uint32_t condition, uint64_t need);

/* ---- Queues --------------------------------------------------------------------------------------------------- */

enum ip_queue_kind { IP_QUEUE = 0, IP_JOINABLE_QUEUE = 1, IP_SIMPLE_QUEUE = 2, IP_PRIORITY_QUEUE = 3 };

/* Zero means "as usual" in every field; IP_OPEN_OR_CREATE compares the others. */
typedef struct ip_limits {
  uint64_t capacity;  /* bytes of the ring, rounded up to a power of two, 4 KiB to 1 GiB; 0: 1 MiB */
  uint64_t max_items; /* 0: bounded by bytes only */
  uint64_t max_bytes; /* the largest message; 0: 4 GiB - 1 */
} ip_limits;

IP_API ip_status ip_queue(uint32_t how, const ip_options* options, const ip_limits* limits, uint32_t queue_kind,
                          ip_object* out);
IP_API ip_status ip_queue_limits(ip_object queue, ip_limits* out);

/* Flags of the operations on queues. */
enum ip_flag {
  IP_ATTEMPT = 1,   /* one attempt, whatever `timeout`; IP_BUSY instead of waiting for another's critical section */
  IP_INSIST = 2,    /* with IP_ATTEMPT: this put has waited; the others shall leave it the next room */
  IP_KEEP_TURN = 4, /* a put that runs out of time will be tried again at once: it keeps what waiting has earned. Who
                       does not try again calls ip_queue_give_up() */
};

/* Copies a message in; when this has returned IP_OK it is visible to every process, and outlives this one. Waits for
   room, and is woken by a get and by a shutdown. IP_FULL, IP_SHUT_DOWN, IP_TOO_LARGE, IP_BUSY, IP_SYSTEM (ENOSPC).
   Priority queues: with priority 0. */
IP_API ip_status ip_queue_put(ip_object queue, const void* bytes, size_t length, int64_t timeout, uint32_t flags);
/* For priority queues: the lowest goes first, equals in the order of their puts. IP_INVALID where it is not finite. */
IP_API ip_status ip_queue_put_priority(ip_object queue, const void* bytes, size_t length, double priority,
                                       int64_t timeout, uint32_t flags);
/* `count` messages, one behind the other in `bytes`; published together as far as there is room. `done` (never NULL)
   says how many went in, whatever the status. Not for priority queues. */
IP_API ip_status ip_queue_put_many(ip_object queue, const void* bytes, const uint32_t* lengths, uint32_t count,
                                   int64_t timeout, uint32_t flags, uint32_t* done);
IP_API void ip_queue_give_up(ip_object queue);

/* Moves the first message out; `length` (never NULL) is its length. Waits for one, and is woken by a put and by a
   shutdown. IP_EMPTY, IP_SHUT_DOWN when shut down and drained, IP_SMALL_BUFFER with `length`, IP_LOAN with `length`,
   IP_CORRUPT, IP_BUSY. */
IP_API ip_status ip_queue_get(ip_object queue, void* buffer, size_t capacity, size_t* length, int64_t timeout,
                              uint32_t flags);
/* 1 to `most` messages, one behind the other; waits for the first only. `count` and, on IP_SMALL_BUFFER, `needed` (for
   the first) are never NULL. */
IP_API ip_status ip_queue_get_many(ip_object queue, void* buffer, size_t capacity, uint32_t* lengths, uint32_t most,
                                   uint32_t* count, size_t* needed, int64_t timeout, uint32_t flags);

IP_API ip_status ip_queue_size(ip_object queue, uint64_t* messages);
/* IP_OK where even the smallest message would find room now, IP_FULL, IP_SHUT_DOWN. */
IP_API ip_status ip_queue_room(ip_object queue);
/* Ends the queue for all processes and wakes all who wait; `immediate` drops what is queued. Idempotent. */
IP_API ip_status ip_queue_shut_down(ip_object queue, int immediate);

/* Joinable queues. One item that was taken is finished; IP_TASK_DONE where none is unfinished. */
IP_API ip_status ip_queue_task_done(ip_object queue);
/* Waits until all that was put is finished; woken by task_done. IP_TIMEOUT; IP_TASKS_LOST where all else is finished
   and `lost` (may be NULL) items went with consumers that died. */
IP_API ip_status ip_queue_join(ip_object queue, int64_t timeout, uint64_t* lost);
/* One look: IP_OK, IP_TASKS_LOST, IP_WAIT_AGAIN (arm IP_WHEN_JOINED), IP_BUSY. */
IP_API ip_status ip_queue_join_once(ip_object queue, uint64_t* lost);

/* ---- Pipes ---------------------------------------------------------------------------------------------------- */

/* Both ends, which belong to this process until one is given away. `duplex` 0: ends[0] reads, ends[1] writes. Of the
   limits `max_items` means nothing. There is no opening by name: an end is claimed (ip_attach, ip_pipe_claim). */
IP_API ip_status ip_pipe(const ip_options* options, const ip_limits* limits, int duplex, ip_object ends[2]);
/* Takes the end that was given away, or that nobody has had. IP_END_TAKEN, IP_CLOSED where its owner closed it or died.
 */
IP_API ip_status ip_pipe_claim(const char* name, uint32_t end, ip_object* out);
/* Gives an end away: from now on it cannot be used here, and whoever claims it first has it. Keep the object until
   ip_pipe_arrived() says 1: until then this process's life stands for the end. ip_pipe_take_back() undoes it. */
IP_API ip_status ip_pipe_send_away(ip_object end);
IP_API ip_status ip_pipe_take_back(ip_object end);
IP_API int ip_pipe_arrived(ip_object end);

/* Waits for room; woken by a receive and by the end of the other end. IP_TIMEOUT, IP_BROKEN_PIPE, IP_TOO_LARGE,
   IP_NOT_WRITABLE. */
IP_API ip_status ip_pipe_send(ip_object end, const void* bytes, size_t length, int64_t timeout);
/* Waits for a message; woken by a send and by the end of the other end. IP_TIMEOUT, IP_END_OF_FILE, IP_SMALL_BUFFER and
   IP_LOAN with `length` (the message stays), IP_NOT_READABLE, IP_CORRUPT. */
IP_API ip_status ip_pipe_receive(ip_object end, void* buffer, size_t capacity, size_t* length, int64_t timeout);
/* The length of the next message, which stays. Waits as a receive does; `length` may be NULL (a poll). */
IP_API ip_status ip_pipe_next_length(ip_object end, size_t* length, int64_t timeout);
IP_API ip_status ip_pipe_abilities(ip_object end, int* readable, int* writable);

/* ---- Loans: large messages without a copy, in queues (all but priority queues) and pipes ---------------------------
 */

/*
 * A loan is a message's memory in this process's hands: to fill and send, or to read where its sender filled it. Any
 * number may be held, for any time, and given back in any order, by any thread. What a killed process held is free
 * again. Each takes whole pages of 64 KiB.
 *
 * A loan keeps its process attached to the object, also after ip_close(), until it is sent or released. Until then its
 * bytes stay where they are. In a forked child they stay mapped, and the loan is its parent's (IP_FORKED).
 *
 * The process holds its loans through a participant of its own, one more than its threads, for each object.
 */
typedef uint64_t ip_loan;

/* The most bytes that travel beside a loan's own: MessagePack, which Node.js and Python read as `loan.meta`. */
#define IP_LOAN_META_MOST 1000

/* A message's memory. */
typedef struct ip_lent {
  ip_loan loan; /* 0: a small message, which was copied into the caller's buffer; there is nothing to release */
  void* bytes;  /* of the message */
  uint64_t length;
  uint64_t meta_length; /* bytes in the caller's buffer that came beside a loan */
  uint32_t encoded;     /* 1: it was put as an item, encoded by the object's codec; 0: its sender had it as a loan */
  uint32_t reserved;
} ip_lent;

/* Lends `bytes` of the queue's memory, at least 1, with whatever was there before. What is queued does not count
   against it; waits only where 4 GiB are in somebody's hands, and is woken by a release. IP_FULL, IP_SHUT_DOWN,
   IP_TOO_LARGE, IP_BUSY, IP_SYSTEM (ENOSPC). */
IP_API ip_status ip_queue_alloc(ip_object queue, uint64_t bytes, ip_lent* out, int64_t timeout, uint32_t flags);
/* Puts what ip_queue_alloc() lent, without a copy: on IP_OK the loan is over, and its bytes are not to be touched.
   Otherwise it stays as it was. Waits as ip_queue_put(). IP_TOO_LARGE also for more meta than IP_LOAN_META_MOST. */
IP_API ip_status ip_queue_put_loan(ip_object queue, ip_loan loan, const void* meta, size_t meta_length, int64_t timeout,
                                   uint32_t flags);
/* Takes the first message where it lies, or copies it into `buffer` where it is small (64 KiB at the most); of a loan
   `buffer` has the meta. Waits as ip_queue_get(). IP_SMALL_BUFFER, with the capacity needed in `meta_length`. */
IP_API ip_status ip_queue_get_loan(ip_object queue, void* buffer, size_t capacity, ip_lent* out, int64_t timeout,
                                   uint32_t flags);

/* The same for an end of a pipe. They wait as ip_pipe_send() and ip_pipe_receive() do, with the same failures. */
IP_API ip_status ip_pipe_alloc(ip_object end, uint64_t bytes, ip_lent* out, int64_t timeout);
IP_API ip_status ip_pipe_send_loan(ip_object end, ip_loan loan, const void* meta, size_t meta_length, int64_t timeout);
IP_API ip_status ip_pipe_receive_loan(ip_object end, void* buffer, size_t capacity, ip_lent* out, int64_t timeout);

/* Gives the memory back, read or not sent, and wakes those who wait for it. Never waits. IP_CLOSED where the loan is
   over already. */
IP_API ip_status ip_loan_release(ip_loan loan);

/* ---- Values and arrays: memory ----------------------------------------------------------------------------------- */

/*
 * `type` is Python's typecode ("i", "d", "B", "?", "c" ...), or for a struct the JSON of its fields as Node.js writes
 * it. `length` elements of `size` bytes each; a value has one. The memory begins with `initial_bytes` of `initial` and
 * is zero behind. To open, type, length and size may be NULL and 0; where they are given and do not match what exists:
 * IP_OPTIONS_MISMATCH, and nothing was touched. With `lock` 1 a lock goes with it (ip_lock_acquire on the object).
 */
typedef struct ip_cell {
  const char* type;
  uint64_t length;
  uint64_t size;
  const void* initial;
  size_t initial_bytes;
  int lock;
} ip_cell;

IP_API ip_status ip_value(uint32_t how, const ip_options* options, const ip_cell* cell, ip_object* out);
IP_API ip_status ip_array(uint32_t how, const ip_options* options, const ip_cell* cell, ip_object* out);
/* Where the memory is: the same address for all threads, until the object's last number is closed here. Aligned to 8.
   Who uses it after that crashes. Any of the pointers may be NULL. */
IP_API ip_status ip_cell_memory(ip_object object, void** at, size_t* bytes, uint64_t* length);
/* Its `type`, as ip_handle(). */
IP_API ip_status ip_cell_type(ip_object object, char* text, size_t capacity, size_t* needed);

/* ---- Locks ---------------------------------------------------------------------------------------------------- */

IP_API ip_status ip_lock(uint32_t how, const ip_options* options, ip_object* out);
IP_API ip_status ip_rlock(uint32_t how, const ip_options* options, ip_object* out);
/* Of locks, values and arrays with a lock, conditions. Waits for its release, or its holder's death. `abandoned` (may
   be NULL) says whether the last holder died holding it. IP_TIMEOUT; IP_DEADLOCK where the timeout is negative and this
   thread holds a lock that is not recursive. */
IP_API ip_status ip_lock_acquire(ip_object lock, int64_t timeout, int* abandoned);
/* IP_NOT_OWNED where this thread does not hold it. */
IP_API ip_status ip_lock_release(ip_object lock);
/* 0 free, 1 held by another, 2 held by this thread; a dead holder's is free. -1: no such lock. */
IP_API int ip_lock_state(ip_object lock);
/* How often this thread holds it. */
IP_API uint32_t ip_lock_depth(ip_object lock);

/* ---- Semaphores: POSIX named ones, which any program opens as "/" + name -------------------------------------------
 */

IP_API ip_status ip_semaphore(uint32_t how, const ip_options* options, uint32_t value, int bounded, ip_object* out);
/* Takes a permit; woken by a post of any program. IP_TIMEOUT. */
IP_API ip_status ip_semaphore_acquire(ip_object semaphore, int64_t timeout);
/* `count` permits at once. IP_ABOVE_BOUND, IP_SYSTEM (EOVERFLOW). */
IP_API ip_status ip_semaphore_release(ip_object semaphore, uint32_t count);
IP_API ip_status ip_semaphore_value(ip_object semaphore, uint32_t* value);
IP_API ip_status ip_semaphore_unlink_name(const char* name);

/* ---- Events --------------------------------------------------------------------------------------------------- */

IP_API ip_status ip_event(uint32_t how, const ip_options* options, ip_object* out);
IP_API ip_status ip_event_set(ip_object event); /* wakes all who wait */
IP_API ip_status ip_event_clear(ip_object event);
IP_API int ip_event_is_set(ip_object event); /* 0 also where it is closed */
/* Until it is set, or was since the call. IP_TIMEOUT. */
IP_API ip_status ip_event_wait(ip_object event, int64_t timeout);
/* The pieces of a wait: what to remember, and whether the event is set, or was since. */
IP_API ip_status ip_event_begin(ip_object event, uint64_t* since);
IP_API ip_status ip_event_passed(ip_object event, uint64_t since); /* IP_OK, IP_WAIT_AGAIN */

/* ---- Conditions ------------------------------------------------------------------------------------------------ */

/* `lock`: an ip_lock or ip_rlock of this process; 0: a recursive one of its own. Opening attaches to that lock. */
IP_API ip_status ip_condition(uint32_t how, const ip_options* options, ip_object lock, ip_object* out);
/* The lock that goes with it: the condition itself where it has its own. For ip_lock_acquire() and the others; it
   belongs to the condition and is not to be closed. */
IP_API ip_status ip_condition_lock(ip_object condition, ip_object* lock);
/* Releases the lock, all levels, waits to be notified, and has the lock again when it returns, whatever the status (but
   IP_CLOSED). IP_TIMEOUT, IP_NOT_OWNED, IP_INTERRUPTED. */
IP_API ip_status ip_condition_wait(ip_object condition, int64_t timeout);
/* Wakes `most` waits. IP_NOT_OWNED where this thread does not hold the lock. */
IP_API ip_status ip_condition_notify(ip_object condition, uint32_t most);
/* The pieces of a wait, for loops and for slices: enter (holding the lock), release the lock; ip_condition_take() until
   IP_OK (IP_WAIT_AGAIN: wait for IP_WHEN_NOTIFIED), or ip_condition_leave() to give up, which says IP_OK where it was
   notified all the same and IP_TIMEOUT where not; take the lock again. */
IP_API ip_status ip_condition_enter(ip_object condition);
IP_API ip_status ip_condition_take(ip_object condition);
IP_API ip_status ip_condition_leave(ip_object condition);

/* ---- Barriers -------------------------------------------------------------------------------------------------- */

/* `parties` 1 to 65,535. */
IP_API ip_status ip_barrier(uint32_t how, const ip_options* options, uint32_t parties, ip_object* out);
/* Waits for the others; `index` (may be NULL) is 0 to parties - 1, each once in a round. A wait that runs out or is
   interrupted breaks the barrier. IP_BROKEN_BARRIER. */
IP_API ip_status ip_barrier_wait(ip_object barrier, int64_t timeout, uint32_t* index);
IP_API ip_status ip_barrier_abort(ip_object barrier);
IP_API ip_status ip_barrier_reset(ip_object barrier);
IP_API ip_status ip_barrier_state(ip_object barrier, uint32_t* parties, uint32_t* waiting, int* broken);
/* The pieces of a wait. Arrive: IP_OK with the round; IP_WAIT_AGAIN with a round whose action runs (wait for
   IP_WHEN_OPEN); IP_BROKEN_BARRIER. Look: IP_OK with the index; IP_WAIT_AGAIN; IP_ACT (run the action, then acted() or
   break()); IP_BROKEN_BARRIER. Withdraw: takes a wait back, IP_WAIT_AGAIN where it is too late and look() decides. */
IP_API ip_status ip_barrier_arrive(ip_object barrier, int has_action, uint64_t* round);
IP_API ip_status ip_barrier_look(ip_object barrier, uint64_t round, uint32_t* index);
IP_API ip_status ip_barrier_acted(ip_object barrier, uint64_t round);
IP_API ip_status ip_barrier_break(ip_object barrier, uint64_t round);
IP_API ip_status ip_barrier_withdraw(ip_object barrier, uint64_t round, int has_action);

/* ---- Bare memory: what shm_open() and Python's SharedMemory open under the same name -------------------------------
 */

/* `bytes` to create, zeroed; to open, ignored. The name may be any that shm_open() takes. IP_FOREIGN_OWNER where what
   is opened belongs to another user. */
IP_API ip_status ip_memory(uint32_t how, const ip_options* options, size_t bytes, ip_object* out);
/* As ip_cell_memory(). */
IP_API ip_status ip_memory_bytes(ip_object memory, void** at, size_t* bytes);

/* One atomic step on shared memory, for languages that have none of their own: where the `size` bytes at `at` (1, 2, 4
   or 8, and aligned to that) are those at `expected`, stores those at `desired`. `stored` (never NULL) says whether,
   and `expected` has what was there. Sequentially consistent. IP_INVALID. */
IP_API ip_status ip_compare_exchange(void* at, size_t size, void* expected, const void* desired, int* stored);

/* A descriptor of the file that a value's, an array's or bare memory's bytes lie in, from `offset` on: for who maps it
   with a lifetime of its own, such as a language with garbage collection. The caller closes it; it keeps nobody
   attached. None of the pointers may be NULL. */
IP_API ip_status ip_memory_file(ip_object object, int* descriptor, uint64_t* offset, uint64_t* bytes);

#ifdef __cplusplus
}
#endif

#endif
