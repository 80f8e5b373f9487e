//! What the tests share; each uses some of it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use interproc::Options;

/// Longer than anything takes that is not stuck.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// For what is not to come.
pub const SOON: Duration = Duration::from_millis(20);

/// A name of this test's own.
pub fn unique(stem: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("rs-{}-{}-{stem}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

pub fn created(name: &str) -> Options {
    Options::named(name)
}

pub fn opened(name: &str) -> Options {
    Options::named(name).open()
}

/// Where the object of a name lies.
pub fn path_of(name: &str) -> PathBuf {
    PathBuf::from(format!("/dev/shm/interproc.{name}"))
}

/// Bytes that a file takes.
pub fn allocated(name: &str) -> u64 {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path_of(name)).unwrap().blocks() * 512
}

/// This very test program again, as another process that runs one part of it; killed at the end.
pub struct Peer {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

/// Which part a process is to run, with its argument. Nothing in the process that tests.
pub fn part() -> Option<(String, String)> {
    Some((std::env::var("INTERPROC_PART").ok()?, std::env::var("INTERPROC_ARGUMENT").ok()?))
}

/// To be called by a part: `Peer::said` waits for it.
pub fn say(text: &str) {
    println!("said {text}");
    std::io::stdout().flush().unwrap();
}

impl Peer {
    /// `test`: the test function that runs parts.
    pub fn start(test: &str, part: &str, argument: &str) -> Peer {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env("INTERPROC_PART", part)
            .env("INTERPROC_ARGUMENT", argument)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Peer { child, lines }
    }

    /// The next thing that the process said.
    pub fn said(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the process ended before it said anything");
            // The test harness may have begun a line of its own.
            if let Some((_, text)) = line.trim_end().split_once("said ") {
                return text.to_string();
            }
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}
