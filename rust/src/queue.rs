use std::time::Duration;

use crate::error::{check, Error, Result};
use crate::ffi;
use crate::loan::{Loan, LoanMut, Refused};
use crate::object::{nanoseconds, object, Handle, Options};

/// What kind of queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// First in, first out.
    Fifo = 0,
    /// The same, whose items have to be finished: [`Queue::task_done`], [`Queue::join`].
    Joinable = 1,
    /// `SimpleQueue` of the other languages.
    Simple = 2,
    /// The lowest priority first.
    Priority = 3,
}

/// Bounds of a queue or pipe. Zero means "as usual".
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Bytes of the ring, 4 KiB to 1 GiB, rounded up to a power of two; 0: 1 MiB.
    pub capacity: u64,
    /// Most items; 0: bounded by bytes only.
    pub max_items: u64,
    /// The largest message; 0: 4 GiB - 1.
    pub max_bytes: u64,
}

impl Limits {
    pub(crate) fn raw(self) -> ffi::Limits {
        ffi::Limits { capacity: self.capacity, max_items: self.max_items, max_bytes: self.max_bytes }
    }
}

/// Messages of bytes between any number of producers and consumers. When a put has returned the message is visible to every
/// process, and outlives this one; a killed process loses nothing that others had put.
#[derive(Debug)]
pub struct Queue {
    handle: Handle,
}

object!(Queue);

impl Queue {
    /// A queue, first in, first out, with the usual limits.
    pub fn new(options: &Options) -> Result<Queue> {
        Queue::with(options, Kind::Fifo, Limits::default())
    }

    /// A queue of any kind and with any limits.
    pub fn with(options: &Options, kind: Kind, limits: Limits) -> Result<Queue> {
        options.with(|how, raw| {
            let limits = limits.raw();
            // SAFETY: everything pointed to lives during the call.
            let handle = Handle::made(|out| unsafe { ffi::ip_queue(how, raw, &limits, kind as u32, out) })?;
            Ok(Queue { handle })
        })
    }

    /// The queue that a handle leads to, of any kind.
    pub fn attach(handle: &str) -> Result<Queue> {
        let kinds = ["queue", "joinable-queue", "simple-queue", "priority-queue"];
        Ok(Queue { handle: Handle::attach(handle, &kinds)? })
    }

    /// Waits for room; woken by a get and by a shutdown. [`Error::Full`], [`Error::ShutDown`], [`Error::TooLarge`].
    pub fn put(&self, message: &[u8], timeout: impl Into<Option<Duration>>) -> Result<()> {
        let (at, length) = (message.as_ptr().cast(), message.len());
        // SAFETY: the message lives during the call, which copies it.
        check(unsafe { ffi::ip_queue_put(self.handle.0, at, length, nanoseconds(timeout), 0) })
    }

    /// For [`Kind::Priority`]: the lowest goes first, equals in the order of their puts. [`Error::Invalid`] where it is not
    /// finite.
    pub fn put_priority(&self, message: &[u8], priority: f64, timeout: impl Into<Option<Duration>>) -> Result<()> {
        let (at, length) = (message.as_ptr().cast(), message.len());
        // SAFETY: as in put().
        check(unsafe { ffi::ip_queue_put_priority(self.handle.0, at, length, priority, nanoseconds(timeout), 0) })
    }

    /// The next message. Waits for one; woken by a put and by a shutdown. [`Error::Empty`]; [`Error::ShutDown`] when it is
    /// shut down and drained. What was put as a loan is copied.
    pub fn get(&self, timeout: impl Into<Option<Duration>>) -> Result<Vec<u8>> {
        let mut buffer = Vec::new();
        self.get_into(&mut buffer, timeout)?;
        Ok(buffer)
    }

    /// [`Queue::get`] into a buffer that is used again: it grows where a message needs that, and has its length afterwards.
    pub fn get_into(&self, buffer: &mut Vec<u8>, timeout: impl Into<Option<Duration>>) -> Result<()> {
        let nanoseconds = nanoseconds(timeout);
        // What it holds already may as well be written over.
        buffer.resize(buffer.capacity().max(256), 0);
        loop {
            let mut length = 0;
            let (at, capacity) = (buffer.as_mut_ptr().cast(), buffer.len());
            // SAFETY: the capacity is the buffer's.
            match unsafe { ffi::ip_queue_get(self.handle.0, at, capacity, &mut length, nanoseconds, 0) } {
                ffi::OK => {
                    buffer.truncate(length);
                    return Ok(());
                }
                ffi::SMALL_BUFFER => buffer.resize(length, 0),
                ffi::LOAN => match self.get_loan(Duration::ZERO) {
                    Ok(loan) => {
                        buffer.clear();
                        buffer.extend_from_slice(&loan);
                        return Ok(());
                    }
                    Err(Error::Empty) => {} // another consumer was faster
                    Err(error) => return Err(error),
                },
                status => {
                    buffer.clear();
                    return Err(Error::last(status));
                }
            }
        }
    }

    /// Messages in the queue now.
    pub fn len(&self) -> Result<u64> {
        let mut messages = 0;
        // SAFETY: a place for the number.
        check(unsafe { ffi::ip_queue_size(self.handle.0, &mut messages) })?;
        Ok(messages)
    }

    /// Whether there is nothing to get. False as soon as a put has returned.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Ends the queue for all processes and wakes all who wait; `immediate` drops what is queued. Idempotent.
    pub fn shut_down(&self, immediate: bool) -> Result<()> {
        // SAFETY: a number.
        check(unsafe { ffi::ip_queue_shut_down(self.handle.0, i32::from(immediate)) })
    }

    /// [`Kind::Joinable`]: one item that was taken is finished. [`Error::TaskDone`] where none is unfinished.
    pub fn task_done(&self) -> Result<()> {
        // SAFETY: a number.
        check(unsafe { ffi::ip_queue_task_done(self.handle.0) })
    }

    /// [`Kind::Joinable`]: waits until all that was put is finished. [`Error::TimedOut`], [`Error::TasksLost`].
    pub fn join(&self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        let mut lost = 0;
        // SAFETY: a place for the number.
        match unsafe { ffi::ip_queue_join(self.handle.0, nanoseconds(timeout), &mut lost) } {
            ffi::TASKS_LOST => Err(Error::TasksLost(lost)),
            status => check(status),
        }
    }

    /// Memory of the queue to fill and put, without a copy. Waits only where 4 GiB are in somebody's hands.
    pub fn alloc(&self, bytes: u64, timeout: impl Into<Option<Duration>>) -> Result<LoanMut> {
        // SAFETY: a place for what is lent.
        LoanMut::lent(|out| unsafe { ffi::ip_queue_alloc(self.handle.0, bytes, out, nanoseconds(timeout), 0) })
    }

    /// Puts what [`Queue::alloc`] lent. `meta`: MessagePack of at most 1000 bytes, or nothing. Waits as [`Queue::put`]; where it
    /// fails the loan is given back.
    pub fn put_loan(
        &self,
        loan: LoanMut,
        meta: &[u8],
        timeout: impl Into<Option<Duration>>,
    ) -> std::result::Result<(), Refused> {
        let (at, length) = (meta.as_ptr().cast(), meta.len());
        // SAFETY: the meta lives during the call, which copies it; the loan is over on success.
        loan.send(|number| unsafe {
            ffi::ip_queue_put_loan(self.handle.0, number, at, length, nanoseconds(timeout), 0)
        })
    }

    /// The next message where it lies, or copied where it is small. Waits as [`Queue::get`].
    pub fn get_loan(&self, timeout: impl Into<Option<Duration>>) -> Result<Loan> {
        let nanoseconds = nanoseconds(timeout);
        // SAFETY: the capacity is the buffer's.
        Loan::taken(|buffer, out| unsafe {
            ffi::ip_queue_get_loan(self.handle.0, buffer.as_mut_ptr().cast(), buffer.len(), out, nanoseconds, 0)
        })
        .map_err(Error::last)
    }
}
