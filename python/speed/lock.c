/* Locks: taking one that is free, and releasing one that is held. */
#include "speed.h"

/* Whether the last holder died is an attribute of the object, which seldom changes. */
static bool set_abandoned(PyObject* lock, bool abandoned) {
  PyObject* wanted = abandoned ? Py_True : Py_False;
  PyObject* found = PyObject_GetAttr(lock, name_abandoned);
  if (found == NULL) PyErr_Clear();
  Py_XDECREF(found);
  return found == wanted || PyObject_SetAttr(lock, name_abandoned, wanted) == 0;
}

bool fast_lock_acquire(const Call* call, PyObject** result) {
  uint64_t number;
  int abandoned = 0;
  if (!only_limits(call, 1) || !number_of(call->args[0], &number)) return false;
  if (library.lock_acquire(number, 0, &abandoned) != IP_OK) return false;
  if (set_abandoned(call->args[0], abandoned != 0)) {
    Py_INCREF(Py_True);
    *result = Py_True;
  } else {
    *result = NULL;
  }
  return true;
}

bool fast_lock_release(const Call* call, PyObject** result) {
  uint64_t number;
  if (!only_limits(call, 1) || !number_of(call->args[0], &number)) return false;
  if (library.lock_release(number) != IP_OK) return false;
  Py_INCREF(Py_None);
  *result = Py_None;
  return true;
}
