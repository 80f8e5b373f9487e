use std::time::Duration;

use crate::error::{check, Error, Result};
use crate::ffi;
use crate::loan::{Loan, LoanMut, Refused};
use crate::object::{c_string, nanoseconds, object, Handle, Options};
use crate::queue::Limits;

/// One end of a pipe. It belongs to one process at a time, and any thread of it may use it. Dropping it tells the other end.
#[derive(Debug)]
pub struct Connection {
    handle: Handle,
}

object!(Connection);

impl Connection {
    /// Two connected ends; where not `duplex`, the first reads and the second writes.
    pub fn pipe(options: &Options, duplex: bool, limits: Limits) -> Result<(Connection, Connection)> {
        options.with(|_, raw| {
            let limits = limits.raw();
            let mut ends = [0; 2];
            // SAFETY: everything pointed to lives during the call, and there is room for two ends.
            check(unsafe { ffi::ip_pipe(raw, &limits, i32::from(duplex), ends.as_mut_ptr()) })?;
            Ok((Connection { handle: Handle(ends[0]) }, Connection { handle: Handle(ends[1]) }))
        })
    }

    /// Takes an end that was given away, or that nobody has had. [`Error::EndTaken`]; [`Error::Closed`] where its owner closed
    /// it or died.
    pub fn claim(name: &str, end: u32) -> Result<Connection> {
        let name = c_string(name)?;
        // SAFETY: a NUL-terminated text and a place for the number.
        Ok(Connection { handle: Handle::made(|out| unsafe { ffi::ip_pipe_claim(name.as_ptr(), end, out) })? })
    }

    /// [`Connection::claim`] by a handle.
    pub fn attach(handle: &str) -> Result<Connection> {
        Ok(Connection { handle: Handle::attach(handle, &["connection"])? })
    }

    /// Gives this end away: it cannot be used here any more, and whoever claims it first has it. Keep it until
    /// [`Connection::arrived`]: until then this process's life stands for it.
    pub fn send_away(&self) -> Result<()> {
        // SAFETY: a number.
        check(unsafe { ffi::ip_pipe_send_away(self.handle.0) })
    }

    /// Undoes [`Connection::send_away`], where nobody has claimed the end.
    pub fn take_back(&self) -> Result<()> {
        // SAFETY: a number.
        check(unsafe { ffi::ip_pipe_take_back(self.handle.0) })
    }

    /// Whether an end that was given away has been claimed, or closed.
    pub fn arrived(&self) -> bool {
        // SAFETY: a number.
        unsafe { ffi::ip_pipe_arrived(self.handle.0) != 0 }
    }

    /// Waits for room; woken by a receive and by the end of the other end. [`Error::TimedOut`], [`Error::BrokenPipe`],
    /// [`Error::TooLarge`], [`Error::NotWritable`].
    pub fn send(&self, message: &[u8], timeout: impl Into<Option<Duration>>) -> Result<()> {
        let (at, length) = (message.as_ptr().cast(), message.len());
        // SAFETY: the message lives during the call, which copies it.
        check(unsafe { ffi::ip_pipe_send(self.handle.0, at, length, nanoseconds(timeout)) })
    }

    /// The next message. Waits for one; woken by a send and by the end of the other end. [`Error::TimedOut`],
    /// [`Error::EndOfFile`], [`Error::NotReadable`]. What was sent as a loan is copied.
    pub fn receive(&self, timeout: impl Into<Option<Duration>>) -> Result<Vec<u8>> {
        let nanoseconds = nanoseconds(timeout);
        let mut buffer = vec![0u8; 256];
        loop {
            let mut length = 0;
            let (at, capacity) = (buffer.as_mut_ptr().cast(), buffer.len());
            // SAFETY: the capacity is the buffer's.
            match unsafe { ffi::ip_pipe_receive(self.handle.0, at, capacity, &mut length, nanoseconds) } {
                ffi::OK => {
                    buffer.truncate(length);
                    return Ok(buffer);
                }
                ffi::SMALL_BUFFER => buffer.resize(length, 0),
                ffi::LOAN => match self.receive_loan(Duration::ZERO) {
                    Ok(loan) => return Ok(loan.to_vec()),
                    Err(Error::TimedOut) => {} // another thread was faster
                    Err(error) => return Err(error),
                },
                status => return Err(Error::last(status)),
            }
        }
    }

    /// Whether a receive would give something within this time, the end of file included. Takes nothing.
    pub fn poll(&self, timeout: impl Into<Option<Duration>>) -> Result<bool> {
        // SAFETY: the length may be null.
        match unsafe { ffi::ip_pipe_next_length(self.handle.0, std::ptr::null_mut(), nanoseconds(timeout)) } {
            ffi::OK | ffi::END_OF_FILE => Ok(true),
            ffi::TIMEOUT => Ok(false),
            status => Err(Error::last(status)),
        }
    }

    /// As [`Queue::alloc`](crate::Queue::alloc).
    pub fn alloc(&self, bytes: u64, timeout: impl Into<Option<Duration>>) -> Result<LoanMut> {
        // SAFETY: a place for what is lent.
        LoanMut::lent(|out| unsafe { ffi::ip_pipe_alloc(self.handle.0, bytes, out, nanoseconds(timeout)) })
    }

    /// As [`Queue::put_loan`](crate::Queue::put_loan).
    pub fn send_loan(
        &self,
        loan: LoanMut,
        meta: &[u8],
        timeout: impl Into<Option<Duration>>,
    ) -> std::result::Result<(), Refused> {
        let (at, length) = (meta.as_ptr().cast(), meta.len());
        // SAFETY: the meta lives during the call, which copies it; the loan is over on success.
        loan.send(|number| unsafe { ffi::ip_pipe_send_loan(self.handle.0, number, at, length, nanoseconds(timeout)) })
    }

    /// As [`Queue::get_loan`](crate::Queue::get_loan).
    pub fn receive_loan(&self, timeout: impl Into<Option<Duration>>) -> Result<Loan> {
        let nanoseconds = nanoseconds(timeout);
        // SAFETY: the capacity is the buffer's.
        Loan::taken(|buffer, out| unsafe {
            ffi::ip_pipe_receive_loan(self.handle.0, buffer.as_mut_ptr().cast(), buffer.len(), out, nanoseconds)
        })
        .map_err(Error::last)
    }
}
