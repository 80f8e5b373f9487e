//! Several processes on the same objects, and one of them killed.

mod common;

use common::{allocated, created, opened, part, say, unique, Peer, PATIENCE};
use interproc::{Array, Connection, Error, Limits, Lock, Object, Options, Queue};

/// What another process does, by name. Not a test of its own.
#[test]
fn parts() {
    let (part, name) = match part() {
        Some(found) => found,
        None => return,
    };
    match part.as_str() {
        "echo" => {
            let queue = Queue::new(&opened(&name)).unwrap();
            let back = Queue::new(&opened(&format!("{name}-back"))).unwrap();
            while let Ok(message) = queue.get(PATIENCE) {
                back.put(&message, PATIENCE).unwrap();
            }
        }
        "hold" => {
            let lock = Lock::new(&opened(&name)).unwrap();
            let _guard = lock.acquire(PATIENCE).unwrap();
            say("held");
            std::thread::sleep(PATIENCE);
        }
        "end" => {
            let end = Connection::claim(&name, 1).unwrap();
            end.send(b"mine", PATIENCE).unwrap();
            say("sent");
            std::thread::sleep(PATIENCE);
        }
        "loans" => {
            let queue = Queue::new(&opened(&name)).unwrap();
            let put = |byte: u8| {
                let mut loan = queue.alloc(100_000, PATIENCE).unwrap();
                loan.fill(byte);
                queue.put_loan(loan, &[], PATIENCE).unwrap();
            };
            put(1);
            let _taken = queue.get_loan(PATIENCE).unwrap();
            let _filling = queue.alloc(100_000, PATIENCE).unwrap();
            put(2);
            say("held");
            std::thread::sleep(PATIENCE);
        }
        other => panic!("there is no part {other}"),
    }
}

fn start(part: &str, name: &str) -> Peer {
    Peer::start("parts", part, name)
}

#[test]
fn messages_go_to_another_process_and_back_in_order() {
    let name = unique("echo");
    let limits = Limits { capacity: 4096, ..Limits::default() };
    let queue = Queue::with(&created(&name), interproc::Kind::Fifo, limits).unwrap();
    let back = Queue::new(&created(&format!("{name}-back"))).unwrap();
    let _peer = start("echo", &name);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..20_000u32 {
                queue.put(&number.to_le_bytes(), PATIENCE).unwrap();
            }
        });
        let mut buffer = Vec::new();
        for number in 0..20_000u32 {
            back.get_into(&mut buffer, PATIENCE).unwrap();
            assert_eq!(buffer, number.to_le_bytes());
        }
    });
    queue.shut_down(false).unwrap();
}

#[test]
fn the_lock_of_a_killed_process_is_free_and_says_so() {
    let name = unique("killed");
    let lock = Lock::new(&created(&name)).unwrap();
    let mut peer = start("hold", &name);
    assert_eq!(peer.said(), "held");
    assert!(lock.try_acquire().unwrap().is_none());
    peer.kill();
    let guard = lock.acquire(PATIENCE).unwrap();
    assert!(guard.abandoned());
    drop(guard);
    assert!(!lock.acquire(PATIENCE).unwrap().abandoned());
}

#[test]
fn the_end_of_a_killed_process_is_the_end_of_file() {
    let name = unique("end");
    let (mine, theirs) = Connection::pipe(&created(&name), true, Limits::default()).unwrap();
    theirs.send_away().unwrap();
    assert!(!theirs.arrived());
    let mut peer = start("end", &name);
    assert_eq!(peer.said(), "sent");
    assert!(theirs.arrived());
    assert!(matches!(Connection::claim(&name, 1), Err(Error::EndTaken)));
    peer.kill();
    assert_eq!(mine.receive(PATIENCE).unwrap(), b"mine");
    assert!(matches!(mine.receive(PATIENCE), Err(Error::EndOfFile)));
}

#[test]
fn what_a_killed_process_had_lent_is_lent_again() {
    let name = unique("loans");
    let queue = Queue::new(&created(&name)).unwrap();
    let mut peer = start("loans", &name);
    assert_eq!(peer.said(), "held");
    let before = allocated(&name);
    peer.kill();
    let last = queue.get_loan(PATIENCE).unwrap();
    assert!(last.iter().all(|byte| *byte == 2));
    let again: Vec<_> = (0..2).map(|_| queue.alloc(100_000, PATIENCE).unwrap()).collect();
    assert_eq!(allocated(&name), before);
    drop(again);
}

#[test]
fn a_forked_child_is_told() {
    let queue = Queue::new(&Options::unnamed()).unwrap();
    let array = Array::from_slice(&[1u32, 2], &Options::unnamed()).unwrap();
    extern "C" {
        fn fork() -> i32;
        fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
        fn _exit(code: i32) -> !;
    }
    // SAFETY: the child calls nothing but this library, which says what a forked child may do, and leaves by _exit().
    unsafe {
        let child = fork();
        if child == 0 {
            let told = matches!(queue.put(b"?", None), Err(Error::Forked)) && array.get(1) == 2;
            _exit(if told { 0 } else { 1 });
        }
        let mut status = -1;
        assert_eq!(waitpid(child, &mut status, 0), child);
        assert_eq!(status, 0);
    }
    queue.put(b"here", None).unwrap();
    assert!(queue.name().unwrap().len() > 1);
}
