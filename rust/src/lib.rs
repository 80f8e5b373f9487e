//! Queues, pipes, arrays, values, locks and events between processes, in shared memory: the objects that Node.js, Python and C
//! programs use, by name. Over `libinterproc.so` (`native/include/interproc.h`), with nothing but `std`.
//!
//! ```no_run
//! use interproc::{Options, Queue};
//! use std::time::Duration;
//!
//! let jobs = Queue::new(&Options::named("jobs").open_or_create())?;
//! jobs.put(b"work", None)?; // at once visible to every process
//! let job = jobs.get(Duration::from_secs(5))?;
//! # Ok::<(), interproc::Error>(())
//! ```
//!
//! # Messages
//!
//! Messages are bytes. What Node.js and Python put is encoded by their codec, MessagePack where nothing else was said; make the
//! queue with [`Codec::Raw`] and they see bytes, or encode with the crate of your choice.
//!
//! # Waiting
//!
//! What waits takes `impl Into<Option<Duration>>`: `None` waits for ever, `Duration::ZERO` tries once. The death of a process
//! that a wait depends on is seen within 100 ms. Where nothing came in time the error is [`Error::Empty`], [`Error::Full`] or
//! [`Error::TimedOut`]; nothing has changed then.
//!
//! # Threads and processes
//!
//! Objects may be shared by threads ([`Sync`]); each thread is a participant of its own, 256 for an object in all processes. The
//! owner of a lock is a thread, so its guard stays there. Dropping an object lets go of it: with the last of the process on it
//! its memory goes, where nobody else is attached and it does not persist. In a forked child every call answers
//! [`Error::Forked`]: open the name anew.

#![deny(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]

mod array;
mod element;
mod error;
mod event;
#[allow(missing_docs)]
mod ffi;
mod loan;
mod lock;
mod object;
mod pipe;
mod queue;

pub use array::{Array, Value};
pub use element::{Element, Integer};
pub use error::{Error, Result};
pub use event::Event;
pub use loan::{Loan, LoanMut, Refused};
pub use lock::{Guard, Lock};
pub use object::{Codec, Object, Options};
pub use pipe::Connection;
pub use queue::{Kind, Limits, Queue};

/// The version of the C interface in the library that is loaded: major and minor.
pub fn abi_version() -> (u32, u32) {
    // SAFETY: takes nothing, changes nothing.
    let version = unsafe { ffi::ip_abi_version() };
    (version >> 16, version & 0xffff)
}
