//! native/include/interproc.h, as far as this crate uses it.

use std::os::raw::{c_char, c_int, c_void};

pub type Status = i32;
pub type Object = u64;

pub const OK: Status = 0;
pub const EMPTY: Status = 1;
pub const FULL: Status = 2;
pub const BUSY: Status = 3;
pub const TIMEOUT: Status = 4;
pub const SHUT_DOWN: Status = 6;
pub const END_OF_FILE: Status = 7;
pub const BROKEN_PIPE: Status = 8;
pub const SMALL_BUFFER: Status = 9;
pub const TOO_LARGE: Status = 10;
pub const NOT_OWNED: Status = 11;
pub const DEADLOCK: Status = 12;
pub const TASK_DONE: Status = 14;
pub const TASKS_LOST: Status = 15;
pub const END_TAKEN: Status = 17;
pub const NOT_READABLE: Status = 18;
pub const NOT_WRITABLE: Status = 19;
pub const NO_LOCK: Status = 20;
pub const LOAN: Status = 23;
pub const LOAN_FOREIGN: Status = 24;
pub const CLOSED: Status = 32;
pub const FORKED: Status = 33;
pub const INVALID: Status = 34;
pub const SYSTEM: Status = 35;
pub const CORRUPT: Status = 36;
pub const LAYOUT_MISMATCH: Status = 37;
pub const OPTIONS_MISMATCH: Status = 38;
pub const FOREIGN_OWNER: Status = 39;
pub const TOO_MANY: Status = 40;
pub const FOREIGN: Status = 41;
pub const OLDER_LAYOUT: Status = 42;
pub const NEWER_LAYOUT: Status = 43;

pub const LOAN_META_MOST: usize = 1000;

#[repr(C)]
pub struct Options {
    pub name: *const c_char,
    pub meta: *const c_char,
    pub mode: u32,
    pub codec: u32,
    pub persist: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Limits {
    pub capacity: u64,
    pub max_items: u64,
    pub max_bytes: u64,
}

#[repr(C)]
pub struct Cell {
    pub kind: *const c_char,
    pub length: u64,
    pub size: u64,
    pub initial: *const c_void,
    pub initial_bytes: usize,
    pub lock: c_int,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Lent {
    pub loan: u64,
    pub bytes: *mut c_void,
    pub length: u64,
    pub meta_length: u64,
    pub encoded: u32,
    pub reserved: u32,
}

impl Lent {
    pub const NONE: Lent =
        Lent { loan: 0, bytes: std::ptr::null_mut(), length: 0, meta_length: 0, encoded: 0, reserved: 0 };
}

pub type Text = unsafe extern "C" fn(Object, *mut c_char, usize, *mut usize) -> Status;

extern "C" {
    pub fn ip_abi_version() -> u32;
    pub fn ip_last_message() -> *const c_char;
    pub fn ip_last_errno() -> c_int;

    pub fn ip_attach(handle: *const c_char, out: *mut Object) -> Status;
    pub fn ip_handle(object: Object, text: *mut c_char, capacity: usize, needed: *mut usize) -> Status;
    pub fn ip_name(object: Object, text: *mut c_char, capacity: usize, needed: *mut usize) -> Status;
    pub fn ip_kind(object: Object) -> *const c_char;
    pub fn ip_close(object: Object) -> Status;
    pub fn ip_unlink(object: Object) -> Status;

    pub fn ip_queue(how: u32, options: *const Options, limits: *const Limits, kind: u32, out: *mut Object) -> Status;
    pub fn ip_queue_put(queue: Object, bytes: *const c_void, length: usize, timeout: i64, flags: u32) -> Status;
    pub fn ip_queue_put_priority(
        queue: Object,
        bytes: *const c_void,
        length: usize,
        priority: f64,
        timeout: i64,
        flags: u32,
    ) -> Status;
    pub fn ip_queue_get(
        queue: Object,
        buffer: *mut c_void,
        capacity: usize,
        length: *mut usize,
        timeout: i64,
        flags: u32,
    ) -> Status;
    pub fn ip_queue_size(queue: Object, messages: *mut u64) -> Status;
    pub fn ip_queue_shut_down(queue: Object, immediate: c_int) -> Status;
    pub fn ip_queue_task_done(queue: Object) -> Status;
    pub fn ip_queue_join(queue: Object, timeout: i64, lost: *mut u64) -> Status;
    pub fn ip_queue_alloc(queue: Object, bytes: u64, out: *mut Lent, timeout: i64, flags: u32) -> Status;
    pub fn ip_queue_put_loan(
        queue: Object,
        loan: u64,
        meta: *const c_void,
        meta_length: usize,
        timeout: i64,
        flags: u32,
    ) -> Status;
    pub fn ip_queue_get_loan(
        queue: Object,
        buffer: *mut c_void,
        capacity: usize,
        out: *mut Lent,
        timeout: i64,
        flags: u32,
    ) -> Status;

    pub fn ip_pipe(options: *const Options, limits: *const Limits, duplex: c_int, ends: *mut Object) -> Status;
    pub fn ip_pipe_claim(name: *const c_char, end: u32, out: *mut Object) -> Status;
    pub fn ip_pipe_send_away(end: Object) -> Status;
    pub fn ip_pipe_arrived(end: Object) -> c_int;
    pub fn ip_pipe_take_back(end: Object) -> Status;
    pub fn ip_pipe_send(end: Object, bytes: *const c_void, length: usize, timeout: i64) -> Status;
    pub fn ip_pipe_receive(
        end: Object,
        buffer: *mut c_void,
        capacity: usize,
        length: *mut usize,
        timeout: i64,
    ) -> Status;
    pub fn ip_pipe_next_length(end: Object, length: *mut usize, timeout: i64) -> Status;
    pub fn ip_pipe_alloc(end: Object, bytes: u64, out: *mut Lent, timeout: i64) -> Status;
    pub fn ip_pipe_send_loan(end: Object, loan: u64, meta: *const c_void, meta_length: usize, timeout: i64) -> Status;
    pub fn ip_pipe_receive_loan(
        end: Object,
        buffer: *mut c_void,
        capacity: usize,
        out: *mut Lent,
        timeout: i64,
    ) -> Status;
    pub fn ip_loan_release(loan: u64) -> Status;

    pub fn ip_value(how: u32, options: *const Options, cell: *const Cell, out: *mut Object) -> Status;
    pub fn ip_array(how: u32, options: *const Options, cell: *const Cell, out: *mut Object) -> Status;
    pub fn ip_cell_memory(object: Object, at: *mut *mut c_void, bytes: *mut usize, length: *mut u64) -> Status;
    pub fn ip_cell_type(object: Object, text: *mut c_char, capacity: usize, needed: *mut usize) -> Status;

    pub fn ip_lock(how: u32, options: *const Options, out: *mut Object) -> Status;
    pub fn ip_rlock(how: u32, options: *const Options, out: *mut Object) -> Status;
    pub fn ip_lock_acquire(lock: Object, timeout: i64, abandoned: *mut c_int) -> Status;
    pub fn ip_lock_release(lock: Object) -> Status;

    pub fn ip_event(how: u32, options: *const Options, out: *mut Object) -> Status;
    pub fn ip_event_set(event: Object) -> Status;
    pub fn ip_event_clear(event: Object) -> Status;
    pub fn ip_event_is_set(event: Object) -> c_int;
    pub fn ip_event_wait(event: Object, timeout: i64) -> Status;
}
