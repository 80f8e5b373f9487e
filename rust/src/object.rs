use std::ffi::{CStr, CString};
use std::time::Duration;

use crate::error::{check, Error, Result};
use crate::ffi;

const CREATE: u32 = 0;
const OPEN: u32 = 1;
const OPEN_OR_CREATE: u32 = 2;

/// How items are encoded, for the languages that encode them. This crate gives and takes the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// The bytes themselves: a `Buffer` in Node.js, `bytes` in Python.
    Raw = 0,
    /// MessagePack.
    MessagePack = 1,
    /// JSON.
    Json = 3,
}

/// How an object is made or found: its name, and what to do about that.
#[derive(Clone, Debug)]
pub struct Options {
    name: Option<String>,
    how: u32,
    mode: u32,
    codec: Codec,
    persist: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { name: None, how: CREATE, mode: 0, codec: Codec::Raw, persist: false }
    }
}

impl Options {
    /// A new object with a short unique name.
    pub fn unnamed() -> Options {
        Options::default()
    }

    /// A new object of this name, of 1 to 200 of `A-Z a-z 0-9 . _ -`. [`io::ErrorKind::AlreadyExists`](std::io::ErrorKind)
    /// where it is taken.
    pub fn named(name: impl Into<String>) -> Options {
        Options { name: Some(name.into()), ..Options::default() }
    }

    /// The object of this name. [`io::ErrorKind::NotFound`](std::io::ErrorKind) where there is none. Limits are ignored.
    pub fn open(mut self) -> Options {
        self.how = OPEN;
        self
    }

    /// The object of this name, created where there is none. [`Error::OptionsMismatch`] where what exists contradicts an option.
    pub fn open_or_create(mut self) -> Options {
        self.how = OPEN_OR_CREATE;
        self
    }

    /// Permissions of the file; 0600 where not given.
    pub fn mode(mut self, mode: u32) -> Options {
        self.mode = mode;
        self
    }

    /// What the other languages encode items with. [`Codec::Raw`] where not given.
    pub fn codec(mut self, codec: Codec) -> Options {
        self.codec = codec;
        self
    }

    /// Whether the memory stays until [`Object::unlink`], even when nobody is attached.
    pub fn persist(mut self, persist: bool) -> Options {
        self.persist = persist;
        self
    }

    /// Calls with the options as C sees them.
    pub(crate) fn with<T>(&self, call: impl FnOnce(u32, &ffi::Options) -> Result<T>) -> Result<T> {
        let name = match &self.name {
            Some(name) => Some(c_string(name)?),
            None => None,
        };
        let raw = ffi::Options {
            name: name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr()),
            meta: std::ptr::null(),
            mode: self.mode,
            codec: if self.how == OPEN { 0 } else { self.codec as u32 },
            persist: u32::from(self.persist),
            reserved: 0,
        };
        call(self.how, &raw)
    }
}

pub(crate) fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::Invalid("the text contains a NUL".into()))
}

/// Nanoseconds as C takes them: -1 for ever.
pub(crate) fn nanoseconds(timeout: impl Into<Option<Duration>>) -> i64 {
    timeout.into().map_or(-1, |time| i64::try_from(time.as_nanos()).unwrap_or(-1))
}

/// One number of an object in this process; closes at its end.
#[derive(Debug)]
pub struct Handle(pub(crate) ffi::Object);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: a number that is closed already, or a fork's, is told by a status and touches nothing.
        let _ = unsafe { ffi::ip_close(self.0) };
    }
}

impl Handle {
    /// What `make` puts out.
    pub(crate) fn made(make: impl FnOnce(*mut ffi::Object) -> ffi::Status) -> Result<Handle> {
        let mut number = 0;
        check(make(&mut number))?;
        Ok(Handle(number))
    }

    pub(crate) fn attach(handle: &str, kinds: &[&str]) -> Result<Handle> {
        let text = c_string(handle)?;
        // SAFETY: a NUL-terminated text and a place for the number, both alive during the call.
        let made = Handle::made(|out| unsafe { ffi::ip_attach(text.as_ptr(), out) })?;
        // SAFETY: null or static.
        let kind = unsafe { ffi::ip_kind(made.0).as_ref().map(|text| CStr::from_ptr(text)) };
        let kind = kind.map_or("", |text| text.to_str().unwrap_or(""));
        if kinds.contains(&kind) {
            Ok(made)
        } else {
            Err(Error::LayoutMismatch(format!("the handle is of a {kind}, not of a {}", kinds[0])))
        }
    }

    /// What a function writes into a buffer.
    pub(crate) fn text(&self, read: ffi::Text) -> Result<String> {
        let mut buffer = vec![0u8; 256];
        loop {
            let mut needed = 0;
            // SAFETY: the capacity is the buffer's.
            let status = unsafe { read(self.0, buffer.as_mut_ptr().cast(), buffer.len(), &mut needed) };
            if status == ffi::SMALL_BUFFER {
                buffer.resize(needed, 0);
                continue;
            }
            check(status)?;
            buffer.truncate(needed.saturating_sub(1));
            return String::from_utf8(buffer).map_err(|_| Error::Corrupt("a text is no UTF-8".into()));
        }
    }
}

mod sealed {
    pub trait Sealed {
        fn handle_of(&self) -> &super::Handle;
    }
}
pub use sealed::Sealed;

/// What every object has: a name, a handle that travels, and an end.
pub trait Object: Sealed {
    /// What the object is called in every process and language.
    fn name(&self) -> Result<String> {
        self.handle_of().text(ffi::ip_name)
    }

    /// JSON for `attach` in any process and language.
    fn handle(&self) -> Result<String> {
        self.handle_of().text(ffi::ip_handle)
    }

    /// Removes the name; who is attached goes on. [`io::ErrorKind::NotFound`](std::io::ErrorKind) where it is gone.
    fn unlink(&self) -> Result<()> {
        // SAFETY: a number.
        check(unsafe { ffi::ip_unlink(self.handle_of().0) })
    }
}

macro_rules! object {
    ($name:ident $(<$parameter:ident : $bound:ident>)?) => {
        impl $(<$parameter: $bound>)? crate::object::Sealed for $name $(<$parameter>)? {
            fn handle_of(&self) -> &crate::object::Handle {
                &self.handle
            }
        }
        impl $(<$parameter: $bound>)? crate::object::Object for $name $(<$parameter>)? {}
    };
}
pub(crate) use object;
