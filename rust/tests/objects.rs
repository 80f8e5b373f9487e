//! Queues, pipes, arrays, values, locks and events in one process: what they give, and what they refuse.

mod common;

use std::io::ErrorKind;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use common::{created, opened, path_of, unique, PATIENCE, SOON};
use interproc::{Array, Codec, Connection, Error, Event, Kind, Limits, Lock, Object, Options, Queue, Value};

#[test]
fn a_queue_gives_what_was_put_in_order() {
    let queue = Queue::new(&Options::unnamed()).unwrap();
    let long = vec![7u8; 300_000];
    for message in [b"one".as_slice(), b"", &long] {
        queue.put(message, None).unwrap();
    }
    assert_eq!(queue.len().unwrap(), 3);
    assert_eq!(queue.get(None).unwrap(), b"one");
    assert_eq!(queue.get(None).unwrap(), b"");
    assert_eq!(queue.get(None).unwrap(), long);
    assert!(queue.is_empty().unwrap());
    assert!(matches!(queue.get(SOON), Err(Error::Empty)));
    let mut buffer = Vec::new();
    assert!(matches!(queue.get_into(&mut buffer, Duration::ZERO), Err(Error::Empty)));
    assert!(buffer.is_empty());
}

#[test]
fn bounds_are_kept_and_a_put_that_waits_is_woken() {
    let limits = Limits { max_items: 1, max_bytes: 10, ..Limits::default() };
    let queue = Arc::new(Queue::with(&Options::unnamed(), Kind::Fifo, limits).unwrap());
    queue.put(b"first", None).unwrap();
    assert!(matches!(queue.put(b"second", SOON), Err(Error::Full)));
    assert!(matches!(queue.put(&[0; 11], None), Err(Error::TooLarge(_))));
    let other = queue.clone();
    let producer = thread::spawn(move || other.put(b"second", PATIENCE));
    assert_eq!(queue.get(PATIENCE).unwrap(), b"first");
    producer.join().unwrap().unwrap();
    assert_eq!(queue.get(None).unwrap(), b"second");
}

#[test]
fn a_shutdown_ends_waits_and_lets_the_rest_be_taken() {
    let queue = Arc::new(Queue::new(&Options::unnamed()).unwrap());
    let other = queue.clone();
    let consumer = thread::spawn(move || (other.get(PATIENCE), other.get(PATIENCE)));
    queue.put(b"last", None).unwrap();
    queue.shut_down(false).unwrap();
    let (first, second) = consumer.join().unwrap();
    assert_eq!(first.unwrap(), b"last");
    assert!(matches!(second, Err(Error::ShutDown)));
    assert!(matches!(queue.put(b"late", None), Err(Error::ShutDown)));
}

#[test]
fn priorities_order_and_joinable_queues_are_joined() {
    let queue = Queue::with(&Options::unnamed(), Kind::Priority, Limits::default()).unwrap();
    queue.put_priority(b"late", 2.5, None).unwrap();
    queue.put_priority(b"soon", -1.0, None).unwrap();
    assert!(matches!(queue.put_priority(b"never", f64::NAN, None), Err(Error::Invalid(_))));
    assert_eq!(queue.get(None).unwrap(), b"soon");
    assert!(matches!(queue.alloc(10, None), Err(Error::Invalid(_))));

    let queue = Queue::with(&Options::unnamed(), Kind::Joinable, Limits::default()).unwrap();
    queue.put(b"work", None).unwrap();
    assert!(matches!(queue.join(Duration::ZERO), Err(Error::TimedOut)));
    queue.get(None).unwrap();
    queue.task_done().unwrap();
    queue.join(PATIENCE).unwrap();
    assert!(matches!(queue.task_done(), Err(Error::TaskDone)));
}

#[test]
fn loans_are_filled_and_read_in_place() {
    let queue = Queue::new(&Options::unnamed()).unwrap();
    let mut loan = queue.alloc(200_000, None).unwrap();
    loan.fill(5);
    queue.put_loan(loan, b"\x01", None).unwrap();
    let got = queue.get_loan(None).unwrap();
    assert_eq!((got.len(), got.meta(), got.encoded()), (200_000, b"\x01".as_slice(), false));
    assert!(got.iter().all(|byte| *byte == 5));
    // By another thread, after the queue is gone.
    drop(queue);
    thread::spawn(move || assert_eq!(got[199_999], 5)).join().unwrap();
}

#[test]
fn a_get_copies_a_loan_and_a_small_message_comes_as_a_loan() {
    let queue = Queue::new(&Options::unnamed()).unwrap();
    let mut loan = queue.alloc(3, None).unwrap();
    loan.copy_from_slice(b"abc");
    queue.put_loan(loan, &[], None).unwrap();
    queue.put(b"small", None).unwrap();
    assert_eq!(queue.get(None).unwrap(), b"abc");
    let got = queue.get_loan(None).unwrap();
    assert!(got.encoded());
    assert_eq!(&*got, b"small");
}

#[test]
fn a_loan_that_cannot_be_sent_is_given_back() {
    let limits = Limits { max_items: 1, ..Limits::default() };
    let queue = Queue::with(&Options::unnamed(), Kind::Fifo, limits).unwrap();
    let other = Queue::new(&Options::unnamed()).unwrap();
    queue.put(b"first", None).unwrap();
    let mut loan = queue.alloc(3, None).unwrap();
    loan.copy_from_slice(b"abc");
    let refused = other.put_loan(loan, &[], None).unwrap_err();
    assert!(matches!(refused.error, Error::LoanForeign));
    let refused = queue.put_loan(refused.loan, &[], SOON).unwrap_err();
    assert!(matches!(refused.error, Error::Full));
    assert_eq!(&*refused.loan, b"abc");
    let refused = queue.put_loan(refused.loan, &[0; 1001], None).unwrap_err();
    assert!(matches!(refused.error, Error::TooLarge(_)));
    queue.get(None).unwrap();
    queue.put_loan(refused.loan, &[], None).unwrap();
    assert_eq!(queue.get(None).unwrap(), b"abc");
}

#[test]
fn the_ends_of_a_pipe_talk_until_one_is_gone() {
    let (mine, theirs) = Connection::pipe(&Options::unnamed(), true, Limits::default()).unwrap();
    let echo = thread::spawn(move || {
        while let Ok(message) = theirs.receive(PATIENCE) {
            theirs.send(&message, PATIENCE).unwrap();
        }
        theirs
    });
    for number in 0..1000u32 {
        mine.send(&number.to_le_bytes(), PATIENCE).unwrap();
        assert_eq!(mine.receive(PATIENCE).unwrap(), number.to_le_bytes());
    }
    assert!(!mine.poll(Duration::ZERO).unwrap());
    assert!(matches!(mine.receive(SOON), Err(Error::TimedOut)));
    let mut loan = mine.alloc(100_000, PATIENCE).unwrap();
    loan.fill(3);
    mine.send_loan(loan, b"m", PATIENCE).unwrap();
    assert_eq!(mine.receive_loan(PATIENCE).unwrap().len(), 100_000);
    drop(mine);
    let theirs = echo.join().unwrap();
    assert!(matches!(theirs.receive(None), Err(Error::EndOfFile)));
    assert!(matches!(theirs.send(b"?", None), Err(Error::BrokenPipe)));
}

#[test]
fn a_pipe_in_one_direction_refuses_the_other() {
    let (reads, writes) = Connection::pipe(&Options::unnamed(), false, Limits::default()).unwrap();
    writes.send(b"over", None).unwrap();
    assert_eq!(reads.receive(None).unwrap(), b"over");
    assert!(matches!(reads.send(b"?", None), Err(Error::NotWritable)));
    assert!(matches!(writes.receive(None), Err(Error::NotReadable)));
}

#[test]
fn an_array_is_the_same_memory_for_all_and_refuses_another_shape() {
    let name = unique("array");
    let array = Array::from_slice(&[1.5f64, 2.5, -0.0], &created(&name)).unwrap();
    let other = Array::<f64>::new(0, &opened(&name)).unwrap();
    other.set(0, 9.0);
    assert_eq!(array.to_vec(), [9.0, 2.5, 0.0]);
    array.set_all(1, &[3.0, 4.0]);
    assert_eq!((other.get(2), other.len()), (4.0, 3));
    for refused in [
        Array::<f32>::new(0, &opened(&name)).err(),
        Array::<i64>::new(3, &opened(&name)).err(),
        Array::<f64>::new(4, &opened(&name)).err(),
        Array::<f64>::new(2, &Options::named(&name).open_or_create()).err(),
    ] {
        assert!(matches!(refused, Some(Error::OptionsMismatch(_))), "{refused:?}");
    }
    assert!(matches!(Array::<i32>::attach(&array.handle().unwrap()), Err(Error::OptionsMismatch(_))));
    assert_eq!(array.to_vec(), [9.0, 3.0, 4.0]);
    assert!(std::panic::catch_unwind(|| array.get(3)).is_err());
    assert!(matches!(Value::<f64>::new(0.0, &opened(&name)), Err(Error::LayoutMismatch(_))));
}

#[test]
fn atomic_additions_of_threads_lose_nothing() {
    let value = Arc::new(Value::new(0u64, &Options::unnamed()).unwrap());
    let array = Arc::new(Array::<i8>::new(2, &Options::unnamed()).unwrap());
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (value, array) = (value.clone(), array.clone());
            thread::spawn(move || {
                for _ in 0..10_000 {
                    value.fetch_add(1);
                    array.fetch_add(1, 1);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|one| one.join().unwrap());
    assert_eq!(value.get(), 40_000);
    assert_eq!(array.get(1), 40_000i32 as i8);
    assert_eq!(value.compare_exchange(1, 2), Err(40_000));
    assert_eq!(value.compare_exchange(40_000, 2), Ok(40_000));
}

#[test]
fn a_lock_excludes_and_its_guard_releases() {
    let lock = Arc::new(Lock::new(&Options::unnamed()).unwrap());
    let guard = lock.acquire(None).unwrap();
    assert!(!guard.abandoned());
    let other = lock.clone();
    let refused = thread::spawn(move || other.try_acquire().unwrap().is_none()).join().unwrap();
    assert!(refused);
    assert!(matches!(lock.acquire(None), Err(Error::Deadlock)));
    drop(guard);
    let other = lock.clone();
    thread::spawn(move || drop(other.acquire(PATIENCE).unwrap())).join().unwrap();
    let recursive = Lock::recursive(&Options::unnamed()).unwrap();
    let once = recursive.acquire(None).unwrap();
    let twice = recursive.acquire(None).unwrap();
    drop((once, twice));
    let array = Array::<u8>::new(1, &Options::unnamed()).unwrap();
    drop(array.lock(PATIENCE).unwrap());
}

#[test]
fn a_lock_keeps_counters_of_threads_whole() {
    let array = Arc::new(Array::<u64>::new(2, &Options::unnamed()).unwrap());
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let array = array.clone();
            thread::spawn(move || {
                for _ in 0..500 {
                    let _guard = array.lock(PATIENCE).unwrap();
                    let next = array.get(0) + 1;
                    array.set(0, next);
                    assert_eq!(array.get(1) + 1, next);
                    array.set(1, next);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|one| one.join().unwrap());
    assert_eq!(array.to_vec(), [1500, 1500]);
}

#[test]
fn an_event_wakes_who_waits() {
    let event = Arc::new(Event::new(&Options::unnamed()).unwrap());
    assert!(!event.wait(SOON).unwrap());
    let other = event.clone();
    let waiter = thread::spawn(move || other.wait(PATIENCE));
    event.set().unwrap();
    assert!(waiter.join().unwrap().unwrap());
    assert!(event.is_set());
    event.clear().unwrap();
    assert!(!event.is_set());
}

#[test]
fn names_are_taken_found_and_removed() {
    let name = unique("names");
    assert!(matches!(Queue::new(&opened(&name)), Err(Error::System(e)) if e.kind() == ErrorKind::NotFound));
    let queue = Queue::new(&created(&name).codec(Codec::MessagePack).mode(0o600)).unwrap();
    assert!(matches!(Queue::new(&created(&name)), Err(Error::System(e)) if e.kind() == ErrorKind::AlreadyExists));
    assert_eq!(queue.name().unwrap(), name);
    let again = Queue::attach(&queue.handle().unwrap()).unwrap();
    again.put(b"same", None).unwrap();
    assert_eq!(queue.get(None).unwrap(), b"same");
    assert!(matches!(Lock::new(&opened(&name)), Err(Error::LayoutMismatch(_))));
    assert!(matches!(Lock::attach(&queue.handle().unwrap()), Err(Error::LayoutMismatch(_))));
    assert!(matches!(Queue::attach("no handle"), Err(Error::Invalid(_))));
    assert!(matches!(Queue::new(&created("no/name")), Err(Error::Invalid(_))));
    assert!(matches!(Queue::new(&created("nul\0name")), Err(Error::Invalid(_))));
    queue.unlink().unwrap();
    assert!(!path_of(&name).exists());
    drop((queue, again));
    let kept = Queue::new(&created(&name).persist(true)).unwrap();
    drop(kept);
    assert!(path_of(&name).exists());
    Queue::new(&opened(&name)).unwrap().unlink().unwrap();
}

#[test]
fn dropping_the_last_one_leaves_nothing() {
    let name = unique("dropped");
    let queue = Queue::new(&created(&name)).unwrap();
    assert!(path_of(&name).exists());
    drop(queue);
    assert!(!path_of(&name).exists());
}

#[test]
fn what_is_no_segment_of_ours_is_its_own_error() {
    let name = unique("foreign");
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let template = unique("template");
        let queue = Queue::new(&created(&template)).unwrap();
        let mut bytes = std::fs::read(path_of(&template)).unwrap();
        drop(queue);
        change(&mut bytes);
        // Persistent: it is attached by nobody, and is not to be swept away.
        bytes[76] = 1;
        std::fs::write(path_of(&name), &bytes).unwrap();
        let error = Queue::new(&opened(&name)).err();
        let left = std::fs::read(path_of(&name)).unwrap();
        assert_eq!(left[..256], bytes[..256], "what is refused is left as it was");
        std::fs::remove_file(path_of(&name)).unwrap();
        error.expect("it was opened")
    };
    assert!(matches!(refused(&|bytes| bytes[0] = b'?'), Error::Foreign(_)));
    assert!(matches!(refused(&|bytes| bytes[8] = 0), Error::OlderLayout(_)));
    assert!(matches!(refused(&|bytes| bytes[8] = 2), Error::NewerLayout(_)));
    assert!(matches!(refused(&|bytes| bytes[19] = 0x80), Error::NewerLayout(_)));
    assert!(matches!(refused(&|bytes| bytes[24..28].reverse()), Error::LayoutMismatch(_)));
    assert!(matches!(refused(&|bytes| bytes.truncate(20_000)), Error::Corrupt(_)));
    assert!(matches!(refused(&|bytes| bytes[28] = 1), Error::Corrupt(_)));
}

#[test]
fn errors_say_what_went_wrong() {
    let name = unique("errors");
    let error = Queue::new(&opened(&name)).unwrap_err();
    assert!(error.to_string().contains(&name), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(Error::Empty.to_string(), "the queue is empty");
    assert_eq!(interproc::abi_version().0, 1);
}
