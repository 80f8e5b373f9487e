/* A method that is tried in C first: it stands in a class in the place of the one in Python, has that one's name and
   documentation (functools.update_wrapper gives them), and calls it with the very arguments that it was given where
   there is anything that C leaves alone. */
#include "speed.h"

#include <math.h>
#include <structmember.h>

typedef struct {
  PyObject ob_base;
  vectorcallfunc call;
  Fast fast;
  PyObject* plain;
  PyObject* limits;
  PyObject* dict;
} Method;

static const struct {
  const char* name;
  Fast fast;
} known[] = {
    {"queue_put", fast_queue_put},           {"queue_get", fast_queue_get},
    {"queue_put_many", fast_queue_put_many}, {"queue_get_many", fast_queue_get_many},
    {"pipe_send", fast_pipe_send},           {"pipe_recv", fast_pipe_recv},
    {"lock_acquire", fast_lock_acquire},     {"lock_release", fast_lock_release},
};

static PyObject* call_method(PyObject* self, PyObject* const* args, size_t flagged, PyObject* names) {
  Method* method = (Method*)self;
  if (names != NULL && PyTuple_GET_SIZE(names) == 0) names = NULL;
  const Call call = {args, PyVectorcall_NARGS(flagged), names, method->limits};
  PyObject* result;
  if (library.queue_put != NULL && call.count > 0 && method->fast(&call, &result)) return result;
  return PyObject_Vectorcall(method->plain, args, flagged, names);
}

/* A bool, None, an int, or a float that is a number. */
static bool is_limit(PyObject* value) {
  return value == Py_None || PyBool_Check(value) || PyLong_CheckExact(value) ||
         (PyFloat_CheckExact(value) && !isnan(PyFloat_AS_DOUBLE(value)));
}

bool only_limits(const Call* call, Py_ssize_t own) {
  const Py_ssize_t more = call->count - own;
  if (more == 0 && call->names == NULL) return true;
  const Py_ssize_t limits = PyTuple_GET_SIZE(call->limits);
  const Py_ssize_t named = call->names == NULL ? 0 : PyTuple_GET_SIZE(call->names);
  if (more < 0 || more > limits || (more > 0 && named > 0)) return false;
  for (Py_ssize_t index = 0; index < named; ++index) {
    /* Names of arguments are interned: another object is another name, or a rarity that Python may look at. */
    PyObject* name = PyTuple_GET_ITEM(call->names, index);
    Py_ssize_t at = 0;
    while (at < limits && PyTuple_GET_ITEM(call->limits, at) != name) ++at;
    if (at == limits) return false;
  }
  for (Py_ssize_t index = own; index < call->count + named; ++index)
    if (!is_limit(call->args[index])) return false;
  return true;
}

static PyObject* bind_method(PyObject* self, PyObject* object, PyObject* Py_UNUSED(type)) {
  if (object != NULL && object != Py_None) return PyMethod_New(self, object);
  Py_INCREF(self);
  return self;
}

static int visit_method(PyObject* self, visitproc visit, void* arg) {
  Method* method = (Method*)self;
  Py_VISIT(method->plain);
  Py_VISIT(method->limits);
  Py_VISIT(method->dict);
  return 0;
}

static int clear_method(PyObject* self) {
  Method* method = (Method*)self;
  Py_CLEAR(method->plain);
  Py_CLEAR(method->limits);
  Py_CLEAR(method->dict);
  return 0;
}

static void free_method(PyObject* self) {
  PyObject_GC_UnTrack(self);
  clear_method(self);
  Py_TYPE(self)->tp_free(self);
}

static PyObject* describe_method(PyObject* self) { return PyUnicode_FromFormat("<fast %R>", ((Method*)self)->plain); }

static PyGetSetDef attributes[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject method_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "interproc._speed.method",
    .tp_basicsize = sizeof(Method),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(Method, call),
    .tp_dictoffset = offsetof(Method, dict),
    .tp_call = PyVectorcall_Call,
    .tp_descr_get = bind_method,
    .tp_traverse = visit_method,
    .tp_clear = clear_method,
    .tp_dealloc = free_method,
    .tp_free = PyObject_GC_Del,
    .tp_repr = describe_method,
    .tp_getset = attributes,
};

PyObject* make_method(PyObject* Py_UNUSED(module), PyObject* args) {
  const char* name;
  PyObject *plain, *limits;
  if (!PyArg_ParseTuple(args, "sOO!", &name, &plain, &PyTuple_Type, &limits)) return NULL;
  for (size_t index = 0; index < sizeof known / sizeof *known; ++index) {
    if (strcmp(known[index].name, name) != 0) continue;
    Method* made = PyObject_GC_New(Method, &method_type);
    if (made == NULL) return NULL;
    made->call = call_method;
    made->fast = known[index].fast;
    Py_INCREF(plain);
    made->plain = plain;
    Py_INCREF(limits);
    made->limits = limits;
    made->dict = NULL;
    PyObject_GC_Track(made);
    return (PyObject*)made;
  }
  return PyErr_Format(PyExc_ValueError, "no method is called %s here", name);
}
