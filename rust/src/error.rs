use std::ffi::CStr;
use std::fmt;
use std::io;

use crate::ffi;

/// What a call of this crate gives.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call did not do what it was asked to. Nothing has changed then, unless said otherwise.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No message came in time.
    Empty,
    /// There was no room in time.
    Full,
    /// A wait ran out: for a lock, an event, a join, or on a pipe.
    TimedOut,
    /// Another, living process stays inside the object's critical section. Is it stopped?
    Busy(String),
    /// The queue was shut down (and, for a get, is drained).
    ShutDown,
    /// The other end of the pipe is gone, and all that it sent was read.
    EndOfFile,
    /// The other end of the pipe is gone: nobody could read the message.
    BrokenPipe,
    /// Larger than the object's largest message.
    TooLarge(String),
    /// This thread does not hold the lock.
    NotOwned,
    /// Only this very thread could end the wait.
    Deadlock,
    /// `task_done` more often than items were taken.
    TaskDone,
    /// So many items went with consumers that died before `task_done`.
    TasksLost(u64),
    /// This end of the pipe belongs to another process.
    EndTaken,
    /// This end of the pipe only writes.
    NotReadable,
    /// This end of the pipe only reads.
    NotWritable,
    /// The object has no lock.
    NoLock,
    /// A loan can be sent only through the object that lent it.
    LoanForeign,
    /// The object was closed.
    Closed(String),
    /// The object belongs to the process that forked this one.
    Forked,
    /// An argument that has no meaning.
    Invalid(String),
    /// A system call failed. [`io::ErrorKind::NotFound`]: no such name; [`io::ErrorKind::AlreadyExists`]: it is taken.
    System(io::Error),
    /// Shared bytes break the layout's rules.
    Corrupt(String),
    /// What has the name is not an object of ours.
    Foreign(String),
    /// Made by an older version of interproc, with another layout.
    OlderLayout(String),
    /// Made by a newer version of interproc, with a layout or features that this one does not know.
    NewerLayout(String),
    /// Another kind of object, or another byte order.
    LayoutMismatch(String),
    /// What exists contradicts what was asked for: another type, size or limit. Nothing was touched.
    OptionsMismatch(String),
    /// It belongs to another user.
    ForeignOwner(String),
    /// 256 threads and processes are attached already.
    TooManyParticipants(String),
    /// A status that this version of the crate does not know.
    Other(i32, String),
}

impl Error {
    /// The error of a failed call that this thread just made.
    pub(crate) fn last(status: ffi::Status) -> Error {
        // SAFETY: never null, valid until this thread's next failure; copied at once.
        let message = || unsafe { CStr::from_ptr(ffi::ip_last_message()) }.to_string_lossy().into_owned();
        match status {
            ffi::EMPTY => Error::Empty,
            ffi::FULL => Error::Full,
            ffi::TIMEOUT => Error::TimedOut,
            ffi::BUSY => Error::Busy(message()),
            ffi::SHUT_DOWN => Error::ShutDown,
            ffi::END_OF_FILE => Error::EndOfFile,
            ffi::BROKEN_PIPE => Error::BrokenPipe,
            ffi::TOO_LARGE => Error::TooLarge(message()),
            ffi::NOT_OWNED => Error::NotOwned,
            ffi::DEADLOCK => Error::Deadlock,
            ffi::TASK_DONE => Error::TaskDone,
            ffi::TASKS_LOST => Error::TasksLost(0),
            ffi::END_TAKEN => Error::EndTaken,
            ffi::NOT_READABLE => Error::NotReadable,
            ffi::NOT_WRITABLE => Error::NotWritable,
            ffi::NO_LOCK => Error::NoLock,
            ffi::LOAN_FOREIGN => Error::LoanForeign,
            ffi::CLOSED => Error::Closed(message()),
            ffi::FORKED => Error::Forked,
            ffi::INVALID => Error::Invalid(message()),
            // SAFETY: takes nothing.
            ffi::SYSTEM => Error::System(system_error(unsafe { ffi::ip_last_errno() }, message())),
            ffi::CORRUPT => Error::Corrupt(message()),
            ffi::FOREIGN => Error::Foreign(message()),
            ffi::OLDER_LAYOUT => Error::OlderLayout(message()),
            ffi::NEWER_LAYOUT => Error::NewerLayout(message()),
            ffi::LAYOUT_MISMATCH => Error::LayoutMismatch(message()),
            ffi::OPTIONS_MISMATCH => Error::OptionsMismatch(message()),
            ffi::FOREIGN_OWNER => Error::ForeignOwner(message()),
            ffi::TOO_MANY => Error::TooManyParticipants(message()),
            other => Error::Other(other, message()),
        }
    }
}

fn system_error(number: i32, message: String) -> io::Error {
    io::Error::new(io::Error::from_raw_os_error(number).kind(), message)
}

pub(crate) fn check(status: ffi::Status) -> Result<()> {
    if status == ffi::OK {
        Ok(())
    } else {
        Err(Error::last(status))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = match self {
            Error::Empty => "the queue is empty",
            Error::Full => "the queue is full",
            Error::TimedOut => "the wait ran out of time",
            Error::ShutDown => "the queue was shut down",
            Error::EndOfFile => "the other end is gone, and all that it sent was read",
            Error::BrokenPipe => "the other end is gone: nobody can read this message",
            Error::NotOwned => "the lock is not held by this thread",
            Error::Deadlock => "this thread holds the lock itself",
            Error::TaskDone => "task_done was called more often than items were taken",
            Error::EndTaken => "this end of the pipe belongs to another process",
            Error::NotReadable => "this end cannot be read from: it only writes",
            Error::NotWritable => "this end cannot be written to: it only reads",
            Error::NoLock => "this object has no lock",
            Error::LoanForeign => "only a loan that this very object lent can be sent through it",
            Error::Forked => "the object belongs to the process that forked this one; open it anew",
            Error::TasksLost(count) => return write!(f, "{count} items went with consumers that died"),
            Error::System(error) => return error.fmt(f),
            Error::Busy(text)
            | Error::TooLarge(text)
            | Error::Closed(text)
            | Error::Invalid(text)
            | Error::Corrupt(text)
            | Error::Foreign(text)
            | Error::OlderLayout(text)
            | Error::NewerLayout(text)
            | Error::LayoutMismatch(text)
            | Error::OptionsMismatch(text)
            | Error::ForeignOwner(text)
            | Error::TooManyParticipants(text)
            | Error::Other(_, text) => text,
        };
        f.write_str(fixed)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::System(error) => Some(error),
            _ => None,
        }
    }
}
