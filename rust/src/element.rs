use std::sync::atomic::{
    AtomicI16, AtomicI32, AtomicI64, AtomicI8, AtomicU16, AtomicU32, AtomicU64, AtomicU8, Ordering::SeqCst,
};

mod sealed {
    pub trait Sealed {}
}

/// A number that lies in shared memory: of the type that its typecode says in Python's `array`.
///
/// Each is read and written by one atomic access, so that another process never shows half of one.
pub trait Element: sealed::Sealed + Copy + Default + PartialEq + std::fmt::Debug + Send + Sync + 'static {
    /// Python's typecode.
    const TYPECODE: &'static str;
    /// # Safety
    /// `at` is aligned and readable, and every other access to it is atomic or in another process.
    #[doc(hidden)]
    unsafe fn load(at: *const Self) -> Self;
    /// # Safety
    /// As [`Element::load`], and writable.
    #[doc(hidden)]
    unsafe fn store(at: *mut Self, value: Self);
}

/// What can be added to by one atomic operation. It wraps around.
pub trait Integer: Element {
    /// # Safety
    /// As [`Element::store`].
    #[doc(hidden)]
    unsafe fn fetch_add(at: *mut Self, value: Self) -> Self;
    /// # Safety
    /// As [`Element::store`].
    #[doc(hidden)]
    unsafe fn compare_exchange(at: *mut Self, expected: Self, value: Self) -> Result<Self, Self>;
}

macro_rules! integers {
    ($($type:ty, $atomic:ty, $code:literal;)*) => {$(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const TYPECODE: &'static str = $code;
            unsafe fn load(at: *const Self) -> Self {
                // SAFETY: the caller's promise; an atomic has its number's size and, here, alignment.
                unsafe { &*at.cast::<$atomic>() }.load(SeqCst)
            }
            unsafe fn store(at: *mut Self, value: Self) {
                // SAFETY: as above.
                unsafe { &*at.cast::<$atomic>() }.store(value, SeqCst)
            }
        }
        impl Integer for $type {
            unsafe fn fetch_add(at: *mut Self, value: Self) -> Self {
                // SAFETY: as above.
                unsafe { &*at.cast::<$atomic>() }.fetch_add(value, SeqCst)
            }
            unsafe fn compare_exchange(at: *mut Self, expected: Self, value: Self) -> Result<Self, Self> {
                // SAFETY: as above.
                unsafe { &*at.cast::<$atomic>() }.compare_exchange(expected, value, SeqCst, SeqCst)
            }
        }
    )*};
}

integers! {
    i8, AtomicI8, "b";
    u8, AtomicU8, "B";
    i16, AtomicI16, "h";
    u16, AtomicU16, "H";
    i32, AtomicI32, "i";
    u32, AtomicU32, "I";
    i64, AtomicI64, "q";
    u64, AtomicU64, "Q";
}

macro_rules! floats {
    ($($type:ty, $atomic:ty, $code:literal;)*) => {$(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const TYPECODE: &'static str = $code;
            unsafe fn load(at: *const Self) -> Self {
                // SAFETY: the caller's promise.
                Self::from_bits(unsafe { &*at.cast::<$atomic>() }.load(SeqCst))
            }
            unsafe fn store(at: *mut Self, value: Self) {
                // SAFETY: the caller's promise.
                unsafe { &*at.cast::<$atomic>() }.store(value.to_bits(), SeqCst)
            }
        }
    )*};
}

floats! {
    f32, AtomicU32, "f";
    f64, AtomicU64, "d";
}
