//! Workers that count words of a queue into an array, all of which processes in other languages could share by name.
//!
//! `cargo run --example words`

use std::thread;

use interproc::{Array, Error, Kind, Limits, Options, Queue};

fn main() -> interproc::Result<()> {
    let words = Queue::with(&Options::unnamed(), Kind::Joinable, Limits::default())?;
    let lengths = Array::<u32>::new(8, &Options::unnamed())?;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| loop {
                    match words.get(None) {
                        Ok(word) => lengths.fetch_add(word.len(), 1),
                        Err(Error::ShutDown) => return Ok(()),
                        Err(error) => return Err(error),
                    };
                    words.task_done()?;
                })
            })
            .collect();
        for word in ["a", "process", "shares", "what", "it", "has", "by", "name"] {
            words.put(word.as_bytes(), None)?;
        }
        words.join(None)?;
        words.shut_down(false)?;
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker panicked"))
    })?;
    for (length, count) in lengths.to_vec().iter().enumerate().filter(|(_, count)| **count > 0) {
        println!("{count} of {length}");
    }
    Ok(())
}
