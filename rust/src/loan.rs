use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::error::{Error, Result};
use crate::ffi;

/// Gives the memory back at its end.
struct Memory(ffi::Lent);

// SAFETY: a loan is the process's, not a thread's; any thread may use and release it (interproc.h).
unsafe impl Send for Memory {}
unsafe impl Sync for Memory {}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.0.loan != 0 {
            // SAFETY: a number; one that is over is told by a status.
            let _ = unsafe { ffi::ip_loan_release(self.0.loan) };
        }
    }
}

impl Memory {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the loan keeps its bytes where they are until it is released, which is at the end of `self`, and by the
        // protocol nobody writes into what was sent.
        unsafe { std::slice::from_raw_parts(self.0.bytes.cast(), self.0.length as usize) }
    }
}

/// Memory of a queue or pipe, to be filled and sent: shared, and not copied. It begins with whatever was there before. Its end
/// gives it back; what a killed process held comes back by itself.
pub struct LoanMut(Memory);

/// A message where it lies, to be read in place. Its end gives the memory back.
pub struct Loan {
    content: Content,
    meta: Vec<u8>,
    encoded: bool,
}

enum Content {
    InPlace(Memory),
    Copied(Vec<u8>),
}

/// A loan that could not be sent, as it was, and why.
#[derive(Debug)]
pub struct Refused {
    /// The loan, to be sent again or dropped.
    pub loan: LoanMut,
    /// Why it was not sent.
    pub error: Error,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Error {
        refused.error
    }
}

impl LoanMut {
    pub(crate) fn lent(lend: impl FnOnce(*mut ffi::Lent) -> ffi::Status) -> Result<LoanMut> {
        let mut lent = ffi::Lent::NONE;
        crate::error::check(lend(&mut lent))?;
        Ok(LoanMut(Memory(lent)))
    }

    /// `send` gives the number away; on success the loan is over.
    pub(crate) fn send(mut self, send: impl FnOnce(u64) -> ffi::Status) -> std::result::Result<(), Refused> {
        match send(self.0 .0.loan) {
            ffi::OK => {
                self.0 .0.loan = 0;
                Ok(())
            }
            status => Err(Refused { error: Error::last(status), loan: self }),
        }
    }
}

impl Loan {
    /// `take` fills a buffer and says what it took.
    pub(crate) fn taken(
        mut take: impl FnMut(&mut [u8], *mut ffi::Lent) -> ffi::Status,
    ) -> std::result::Result<Loan, ffi::Status> {
        let mut buffer = vec![0; ffi::LOAN_META_MOST];
        let mut lent = ffi::Lent::NONE;
        loop {
            match take(&mut buffer, &mut lent) {
                ffi::OK => break,
                ffi::SMALL_BUFFER => buffer.resize(lent.meta_length as usize, 0),
                status => return Err(status),
            }
        }
        let encoded = lent.encoded != 0;
        if lent.loan == 0 {
            buffer.truncate(lent.length as usize);
            return Ok(Loan { content: Content::Copied(buffer), meta: Vec::new(), encoded });
        }
        buffer.truncate(lent.meta_length as usize);
        Ok(Loan { content: Content::InPlace(Memory(lent)), meta: buffer, encoded })
    }

    /// What came beside the bytes, as MessagePack: `loan.meta` in Node.js and Python. Empty where nothing did.
    pub fn meta(&self) -> &[u8] {
        &self.meta
    }

    /// Whether the bytes are an item that its sender's codec encoded: it was put as an item and not as a loan.
    pub fn encoded(&self) -> bool {
        self.encoded
    }
}

impl Deref for LoanMut {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl DerefMut for LoanMut {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in bytes(); what is lent to be filled is nobody else's until it is sent.
        unsafe { std::slice::from_raw_parts_mut(self.0 .0.bytes.cast(), self.0 .0.length as usize) }
    }
}

impl Deref for Loan {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &self.content {
            Content::InPlace(memory) => memory.bytes(),
            Content::Copied(bytes) => bytes,
        }
    }
}

impl fmt::Debug for LoanMut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoanMut({} bytes)", self.len())
    }
}

impl fmt::Debug for Loan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loan({} bytes)", self.len())
    }
}
