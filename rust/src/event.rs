use std::time::Duration;

use crate::error::{check, Error, Result};
use crate::ffi;
use crate::object::{nanoseconds, object, Handle, Options};

/// A flag that processes wait for.
#[derive(Debug)]
pub struct Event {
    handle: Handle,
}

object!(Event);

impl Event {
    /// An event that is not set.
    pub fn new(options: &Options) -> Result<Event> {
        // SAFETY: everything pointed to lives during the call.
        options.with(|how, raw| Ok(Event { handle: Handle::made(|out| unsafe { ffi::ip_event(how, raw, out) })? }))
    }

    /// The event that a handle leads to.
    pub fn attach(handle: &str) -> Result<Event> {
        Ok(Event { handle: Handle::attach(handle, &["event"])? })
    }

    /// Sets it and wakes all who wait.
    pub fn set(&self) -> Result<()> {
        // SAFETY: a number.
        check(unsafe { ffi::ip_event_set(self.handle.0) })
    }

    /// Clears it.
    pub fn clear(&self) -> Result<()> {
        // SAFETY: a number.
        check(unsafe { ffi::ip_event_clear(self.handle.0) })
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        // SAFETY: a number.
        unsafe { ffi::ip_event_is_set(self.handle.0) != 0 }
    }

    /// Until it is set, or was since the call. False where time ran out.
    pub fn wait(&self, timeout: impl Into<Option<Duration>>) -> Result<bool> {
        // SAFETY: a number.
        match check(unsafe { ffi::ip_event_wait(self.handle.0, nanoseconds(timeout)) }) {
            Ok(()) => Ok(true),
            Err(Error::TimedOut) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
