use std::marker::PhantomData;
use std::time::Duration;

use crate::element::{Element, Integer};
use crate::error::{check, Error, Result};
use crate::ffi;
use crate::lock::{acquire, Guard};
use crate::object::{c_string, object, Handle, Options};

type Make = unsafe extern "C" fn(u32, *const ffi::Options, *const ffi::Cell, *mut ffi::Object) -> ffi::Status;

/// Where a cell's memory is.
#[derive(Debug)]
struct Memory<T> {
    at: *mut T,
    length: usize,
    elements: PhantomData<T>,
}

// SAFETY: elements are numbers that are read and written atomically, and the memory stays for as long as the object.
unsafe impl<T: Element> Send for Memory<T> {}
unsafe impl<T: Element> Sync for Memory<T> {}

fn make<T: Element>(make: Make, options: &Options, initial: &[T], length: usize, lock: bool) -> Result<Handle> {
    let code = c_string(T::TYPECODE)?;
    let cell = ffi::Cell {
        kind: code.as_ptr(),
        length: length as u64,
        size: std::mem::size_of::<T>() as u64,
        initial: initial.as_ptr().cast(),
        initial_bytes: std::mem::size_of_val(initial),
        lock: i32::from(lock),
    };
    // SAFETY: everything pointed to lives during the call.
    options.with(|how, raw| Handle::made(|out| unsafe { make(how, raw, &cell, out) }))
}

fn memory_of<T: Element>(handle: &Handle) -> Result<Memory<T>> {
    let (mut at, mut bytes, mut length) = (std::ptr::null_mut(), 0, 0);
    // SAFETY: places for the answers.
    check(unsafe { ffi::ip_cell_memory(handle.0, &mut at, &mut bytes, &mut length) })?;
    let length = length as usize;
    if handle.text(ffi::ip_cell_type)? != T::TYPECODE || length.checked_mul(std::mem::size_of::<T>()) != Some(bytes) {
        return Err(Error::OptionsMismatch(format!("the elements are no {}", std::any::type_name::<T>())));
    }
    Ok(Memory { at: at.cast(), length, elements: PhantomData })
}

/// Numbers in shared memory, with a lock beside them. A numpy array in Python, a typed array in Node.js.
#[derive(Debug)]
pub struct Array<T: Element> {
    handle: Handle,
    memory: Memory<T>,
}

object!(Array<T: Element>);

impl<T: Element> Array<T> {
    /// An array of `length` zeros, with a lock; to open one, 0 takes whatever length it has. [`Error::OptionsMismatch`] where
    /// what exists has other elements or another length: nothing was touched.
    pub fn new(length: usize, options: &Options) -> Result<Array<T>> {
        Array::of(make::<T>(ffi::ip_array, options, &[], length, true)?)
    }

    /// An array of these numbers, with a lock.
    pub fn from_slice(content: &[T], options: &Options) -> Result<Array<T>> {
        Array::of(make(ffi::ip_array, options, content, content.len(), true)?)
    }

    /// The array that a handle leads to.
    pub fn attach(handle: &str) -> Result<Array<T>> {
        Array::of(Handle::attach(handle, &["array"])?)
    }

    fn of(handle: Handle) -> Result<Array<T>> {
        Ok(Array { memory: memory_of(&handle)?, handle })
    }

    /// Elements.
    pub fn len(&self) -> usize {
        self.memory.length
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn element(&self, index: usize) -> *mut T {
        assert!(index < self.len(), "the index is {index} but the length is {}", self.len());
        // SAFETY: within the memory.
        unsafe { self.memory.at.add(index) }
    }

    /// One element, by one atomic read. Panics outside the array.
    pub fn get(&self, index: usize) -> T {
        // SAFETY: within the memory, which is aligned to 8.
        unsafe { T::load(self.element(index)) }
    }

    /// Sets one element, by one atomic write. Panics outside the array.
    pub fn set(&self, index: usize, value: T) {
        // SAFETY: as in get().
        unsafe { T::store(self.element(index), value) }
    }

    /// All elements, each read atomically; of one moment only while the lock is held.
    pub fn to_vec(&self) -> Vec<T> {
        (0..self.len()).map(|index| self.get(index)).collect()
    }

    /// Sets the elements from `from` on. Panics where they do not fit.
    pub fn set_all(&self, from: usize, values: &[T]) {
        assert!(from <= self.len() && values.len() <= self.len() - from, "the values do not fit");
        values.iter().enumerate().for_each(|(index, value)| self.set(from + index, *value));
    }

    /// The memory itself, for as long as this object lives. Other processes may change it at any time: what uses it without
    /// atomic accesses is safe only under the lock, and only if all others keep to that.
    pub fn as_ptr(&self) -> *mut T {
        self.memory.at
    }

    /// Takes the lock beside the array. [`Error::TimedOut`], [`Error::NoLock`] where its creator gave it none.
    pub fn lock(&self, timeout: impl Into<Option<Duration>>) -> Result<Guard<'_>> {
        acquire(&self.handle, timeout.into())
    }
}

impl<T: Integer> Array<T> {
    /// Adds to one element by one atomic operation, and gives what it was. It wraps around.
    pub fn fetch_add(&self, index: usize, value: T) -> T {
        // SAFETY: as in get().
        unsafe { T::fetch_add(self.element(index), value) }
    }
}

/// One number in shared memory, with a lock beside it.
#[derive(Debug)]
pub struct Value<T: Element> {
    handle: Handle,
    memory: Memory<T>,
}

object!(Value<T: Element>);

impl<T: Element> Value<T> {
    /// A value, with a lock. [`Error::OptionsMismatch`] where what exists is of another type: nothing was touched.
    pub fn new(initial: T, options: &Options) -> Result<Value<T>> {
        Value::of(make(ffi::ip_value, options, &[initial], 1, true)?)
    }

    /// The value that a handle leads to.
    pub fn attach(handle: &str) -> Result<Value<T>> {
        Value::of(Handle::attach(handle, &["value"])?)
    }

    fn of(handle: Handle) -> Result<Value<T>> {
        let memory = memory_of(&handle)?;
        if memory.length != 1 {
            return Err(Error::Corrupt("a value has one element".into()));
        }
        Ok(Value { memory, handle })
    }

    /// What it is, by one atomic read.
    pub fn get(&self) -> T {
        // SAFETY: the memory has one element and is aligned to 8.
        unsafe { T::load(self.memory.at) }
    }

    /// Sets it by one atomic write.
    pub fn set(&self, value: T) {
        // SAFETY: as in get().
        unsafe { T::store(self.memory.at, value) }
    }

    /// Takes the lock beside the value. [`Error::TimedOut`], [`Error::NoLock`].
    pub fn lock(&self, timeout: impl Into<Option<Duration>>) -> Result<Guard<'_>> {
        acquire(&self.handle, timeout.into())
    }
}

impl<T: Integer> Value<T> {
    /// Adds by one atomic operation, and gives what it was. It wraps around.
    pub fn fetch_add(&self, value: T) -> T {
        // SAFETY: as in get().
        unsafe { T::fetch_add(self.memory.at, value) }
    }

    /// Sets it where it is `expected`, by one atomic operation. What it was, in `Err` where that was something else.
    pub fn compare_exchange(&self, expected: T, value: T) -> std::result::Result<T, T> {
        // SAFETY: as in get().
        unsafe { T::compare_exchange(self.memory.at, expected, value) }
    }
}
