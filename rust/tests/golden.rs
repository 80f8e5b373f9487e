//! The golden segments (golden/segments.py): what another implementation wrote is read the same.

mod common;

use std::time::Duration;

use common::{opened, path_of, unique, PATIENCE};
use interproc::{Array, Connection, Error, Event, Lock, Queue, Value};

/// A copy of a golden segment under a name of its own; removed at its end.
struct Golden(String);

impl Golden {
    fn put(kind: &str) -> Golden {
        let file = format!("{}/../golden/v1/{kind}.hex", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(file).unwrap();
        let mut lines = text.lines();
        let size = lines.next().unwrap().rsplit(' ').nth(1).unwrap().parse().unwrap();
        let mut content = vec![0u8; size];
        for line in lines {
            let mut words = line.split(' ');
            let at = usize::from_str_radix(words.next().unwrap(), 16).unwrap();
            for (index, byte) in words.enumerate() {
                content[at + index] = u8::from_str_radix(byte, 16).unwrap();
            }
        }
        let name = unique(kind);
        std::fs::write(path_of(&name), content).unwrap();
        Golden(name)
    }
}

impl Drop for Golden {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(path_of(&self.0));
    }
}

#[test]
fn a_queue_has_two_messages_and_a_loan_in_it() {
    let golden = Golden::put("queue");
    let queue = Queue::new(&opened(&golden.0)).unwrap();
    assert_eq!(queue.get(Duration::ZERO).unwrap(), b"one");
    assert_eq!(queue.get(Duration::ZERO).unwrap(), b"");
    let loan = queue.get_loan(Duration::ZERO).unwrap();
    assert_eq!((&*loan, loan.meta(), loan.encoded()), (b"lent bytes".as_slice(), b"\x81\xa1k\x01".as_slice(), false));
    drop(loan);
    assert!(matches!(queue.get(Duration::ZERO), Err(Error::Empty)));
    queue.put(b"goes on", None).unwrap();
    assert_eq!(queue.get(None).unwrap(), b"goes on");
}

#[test]
fn a_priority_queue_has_its_order() {
    let golden = Golden::put("priority-queue");
    let queue = Queue::attach(&format!(r#"{{"interproc":1,"kind":"priority-queue","name":"{}"}}"#, golden.0)).unwrap();
    assert_eq!(queue.get(Duration::ZERO).unwrap(), b"first".repeat(20));
    assert_eq!(queue.get(Duration::ZERO).unwrap(), b"last");
}

#[test]
fn a_pipe_has_a_message_each_way() {
    let golden = Golden::put("pipe");
    let ends = [0, 1].map(|end| Connection::claim(&golden.0, end).unwrap());
    assert_eq!(ends[0].receive(PATIENCE).unwrap(), b"to the first");
    assert_eq!(ends[1].receive(PATIENCE).unwrap(), b"to the second");
}

#[test]
fn a_value_and_an_array_have_their_numbers() {
    let (value, array) = (Golden::put("value"), Golden::put("array"));
    let value = Value::<i32>::attach(&format!(r#"{{"interproc":1,"kind":"value","name":"{}"}}"#, value.0)).unwrap();
    assert_eq!(value.get(), -42);
    let array = Array::<f64>::new(3, &opened(&array.0)).unwrap();
    assert_eq!(array.to_vec(), [1.5, -2.0, 0.0]);
    assert!(matches!(array.lock(PATIENCE), Err(Error::NoLock)));
}

#[test]
fn a_lock_that_a_dead_process_held_is_free_and_an_event_is_set() {
    let (held, set) = (Golden::put("lock"), Golden::put("event"));
    assert!(Lock::new(&opened(&held.0)).unwrap().acquire(PATIENCE).unwrap().abandoned());
    assert!(Event::new(&opened(&set.0)).unwrap().is_set());
}

#[test]
fn what_the_crate_has_no_type_for_is_refused_as_another_kind_and_left_as_it_was() {
    for kind in ["semaphore", "condition", "barrier"] {
        let golden = Golden::put(kind);
        let before = std::fs::read(path_of(&golden.0)).unwrap();
        let refused = [
            Lock::new(&opened(&golden.0)).err(),
            Event::new(&opened(&golden.0)).err(),
            Queue::new(&opened(&golden.0)).err(),
            Array::<f64>::new(0, &opened(&golden.0)).err(),
        ];
        for error in refused {
            assert!(matches!(error, Some(Error::LayoutMismatch(_))), "{kind}: {error:?}");
        }
        assert_eq!(std::fs::read(path_of(&golden.0)).unwrap(), before);
    }
}
