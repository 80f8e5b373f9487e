use std::marker::PhantomData;
use std::time::Duration;

use crate::error::{check, Error, Result};
use crate::ffi;
use crate::object::{nanoseconds, object, Handle, Options};

/// A lock whose owner is a thread. One whose holder was killed is free within 100 ms, and the next holder is told.
#[derive(Debug)]
pub struct Lock {
    handle: Handle,
}

object!(Lock);

/// Holds a lock, and releases it at its end. It stays with its thread, which is the owner.
///
/// ```compile_fail
/// # use interproc::{Lock, Options};
/// let lock = Lock::new(&Options::unnamed())?;
/// let guard = lock.acquire(None)?;
/// std::thread::scope(|scope| scope.spawn(move || drop(guard)));
/// # Ok::<(), interproc::Error>(())
/// ```
#[must_use = "the lock is released at once where the guard is dropped"]
#[derive(Debug)]
pub struct Guard<'a> {
    handle: &'a Handle,
    abandoned: bool,
    stays: PhantomData<*const ()>,
}

impl Guard<'_> {
    /// Whether the last holder died holding the lock: what it guards may be half done.
    pub fn abandoned(&self) -> bool {
        self.abandoned
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // SAFETY: a number.
        let _ = unsafe { ffi::ip_lock_release(self.handle.0) };
    }
}

pub(crate) fn acquire(handle: &Handle, timeout: Option<Duration>) -> Result<Guard<'_>> {
    let mut abandoned = 0;
    // SAFETY: a place for the answer.
    check(unsafe { ffi::ip_lock_acquire(handle.0, nanoseconds(timeout), &mut abandoned) })?;
    Ok(Guard { handle, abandoned: abandoned != 0, stays: PhantomData })
}

impl Lock {
    /// A lock that its owner cannot take twice.
    pub fn new(options: &Options) -> Result<Lock> {
        // SAFETY: everything pointed to lives during the call.
        options.with(|how, raw| Ok(Lock { handle: Handle::made(|out| unsafe { ffi::ip_lock(how, raw, out) })? }))
    }

    /// A lock that its owner may take again: `RLock` of the other languages.
    pub fn recursive(options: &Options) -> Result<Lock> {
        // SAFETY: as in new().
        options.with(|how, raw| Ok(Lock { handle: Handle::made(|out| unsafe { ffi::ip_rlock(how, raw, out) })? }))
    }

    /// The lock that a handle leads to.
    pub fn attach(handle: &str) -> Result<Lock> {
        Ok(Lock { handle: Handle::attach(handle, &["lock", "rlock"])? })
    }

    /// Waits for its release, or its holder's death. [`Error::TimedOut`]; [`Error::Deadlock`] where this thread holds it, it is
    /// not recursive, and the wait would be for ever.
    pub fn acquire(&self, timeout: impl Into<Option<Duration>>) -> Result<Guard<'_>> {
        acquire(&self.handle, timeout.into())
    }

    /// One attempt. Nothing where somebody holds it.
    pub fn try_acquire(&self) -> Result<Option<Guard<'_>>> {
        match self.acquire(Duration::ZERO) {
            Ok(guard) => Ok(Some(guard)),
            Err(Error::TimedOut) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
