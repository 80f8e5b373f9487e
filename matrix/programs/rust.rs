//! A participant of the matrix in Rust. ../README.md says what each does.
//!
//! Instance 1 reads messages where they lie, where instance 0 copies them out.

use interproc::{Array, Codec, Connection, Error, Event, Guard, Kind, Limits, Lock, Options, Queue, Result, Value};
use std::io::{self, BufRead, Write};
use std::process::exit;
use std::thread::sleep;
use std::time::{Duration, Instant};

const STOP: usize = 4;
const PAYLOAD: usize = 5;
const FIRST: usize = 6;
const SECOND: usize = 7;

/// So that the other side sleeps by then; and in which rounds of 500.
const LATE: Duration = Duration::from_millis(10);
const LATE_QUESTION: i64 = 249;
const LATE_ANSWER: i64 = 499;

const LIMITS: Limits = Limits { capacity: 64 * 1024, max_items: 0, max_bytes: 0 };

/// Ends the program: something is not as it should be.
fn die(what: String) -> ! {
    eprintln!("{what}");
    exit(1)
}

/// Waits for the driver, and ends with it.
fn told() {
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line).unwrap_or(0) == 0 {
        exit(1);
    }
}

fn say(text: String) {
    println!("{text}");
    io::stdout().flush().expect("the driver reads");
}

// ---- Messages

struct Crc([u32; 256]);

impl Crc {
    fn new() -> Crc {
        let step = |value: u32| if value & 1 != 0 { value >> 1 ^ 0xEDB8_8320 } else { value >> 1 };
        let mut table = [0; 256];
        for (byte, entry) in table.iter_mut().enumerate() {
            *entry = (0..8).fold(byte as u32, |value, _| step(value));
        }
        Crc(table)
    }

    fn of(&self, bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |value, byte| value >> 8 ^ self.0[((value ^ u32::from(*byte)) & 0xFF) as usize])
    }
}

fn body_length(sequence: u32) -> usize {
    if sequence % 1_000 == 999 {
        70_000
    } else {
        (sequence as usize * 7) % 61
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn write_message(crc: &Crc, producer: u32, sequence: u32, out: &mut Vec<u8>) {
    out.clear();
    out.extend(producer.to_le_bytes());
    out.extend(sequence.to_le_bytes());
    let first = sequence + producer * 31;
    out.extend((0..body_length(sequence) as u32).map(|at| (first + at) as u8));
    out.extend(crc.of(out).to_le_bytes());
}

/// Takes messages as they come; ends the program for one that is damaged or out of its producer's order.
#[derive(Default)]
struct Account {
    messages: [i64; 2],
    sums: [i64; 2],
    next: [i64; 2],
}

impl Account {
    fn take(&mut self, crc: &Crc, bytes: &[u8]) -> i64 {
        if bytes.len() < 12 {
            die(format!("a message of {} bytes", bytes.len()));
        }
        let (producer, sequence) = (word(bytes, 0) as usize, word(bytes, 4));
        let (content, sum) = bytes.split_at(bytes.len() - 4);
        if producer >= 2 || bytes.len() != body_length(sequence) + 12 {
            die(format!("message {sequence} of producer {producer} has {} bytes", bytes.len()));
        }
        if crc.of(content) != word(sum, 0) {
            die(format!("message {sequence} of producer {producer} is damaged"));
        }
        if i64::from(sequence) < self.next[producer] {
            die(format!("message {sequence} of producer {producer} after {}", self.next[producer] - 1));
        }
        self.next[producer] = i64::from(sequence) + 1;
        self.messages[producer] += 1;
        self.sums[producer] += i64::from(word(sum, 0));
        self.messages[0] + self.messages[1]
    }

    fn say(&self, end: &str) {
        let Account { messages, sums, next } = self;
        say(format!("{{\"messages\":{messages:?},\"sums\":{sums:?},\"next\":{next:?},\"end\":\"{end}\"}}"));
    }
}

// ---- What each kind of object is used for

struct Participant {
    writes: bool,
    name: String,
    count: i64,
    instance: usize,
    hold: i64,
    journal: Array<i64>,
    crc: Crc,
}

impl Participant {
    fn creates(&self) -> bool {
        self.writes && self.instance == 0
    }

    /// Waits for its turn to open, opens, and waits until all have.
    fn ready<T>(&self, open: impl FnOnce() -> Result<T>) -> Result<T> {
        if !self.creates() {
            told();
        }
        let object = open()?;
        say("{\"ready\":true}".into());
        told();
        Ok(object)
    }

    fn options(&self, suffix: &str) -> Options {
        let named = Options::named(format!("{}{suffix}", self.name)).codec(Codec::Raw);
        if self.creates() {
            named
        } else {
            named.open()
        }
    }

    fn stopped(&self) -> bool {
        self.journal.get(STOP) != 0
    }

    fn note(&self, done: i64) {
        self.journal.set(if self.writes { 0 } else { 2 } + self.instance, done);
    }

    fn queue(&self) -> Result<()> {
        let queue = self.ready(|| Queue::with(&self.options(""), Kind::Fifo, LIMITS))?;
        if self.writes {
            let sent = self.write(|bytes| queue.put(bytes, None))?;
            say(format!("{{\"messages\":{sent}}}"));
            return Ok(());
        }
        let mut account = Account::default();
        let mut buffer = Vec::new();
        loop {
            let taken = if self.instance == 1 {
                queue.get_loan(None).map(|loan| account.take(&self.crc, &loan))
            } else {
                queue.get_into(&mut buffer, None).map(|()| account.take(&self.crc, &buffer))
            };
            match taken {
                Ok(total) => self.note(total),
                Err(Error::ShutDown) => break,
                Err(error) => return Err(error),
            }
        }
        account.say("shut-down");
        Ok(())
    }

    fn pipe(&self) -> Result<()> {
        let end = self.ready(|| {
            if !self.creates() {
                return Connection::claim(&self.name, 1);
            }
            let (mine, theirs) = Connection::pipe(&self.options(""), true, LIMITS)?;
            theirs.send_away()?;
            // To drop it would be to close the end before anybody has claimed it.
            std::mem::forget(theirs);
            Ok(mine)
        })?;
        if self.writes {
            let mut sent = 0;
            let end_of_it = match self.write(|bytes| end.send(bytes, None).map(|()| sent += 1)) {
                Ok(_) => "done",
                Err(Error::BrokenPipe) => "broken-pipe",
                Err(error) => return Err(error),
            };
            drop(end);
            say(format!("{{\"messages\":{sent},\"end\":\"{end_of_it}\"}}"));
            return Ok(());
        }
        let mut account = Account::default();
        loop {
            match end.receive(None) {
                Ok(bytes) => self.note(account.take(&self.crc, &bytes)),
                Err(Error::EndOfFile) => break,
                Err(error) => return Err(error),
            }
        }
        account.say("eof");
        Ok(())
    }

    fn write(&self, mut send: impl FnMut(&[u8]) -> Result<()>) -> Result<i64> {
        let mut sent = 0;
        let mut bytes = Vec::new();
        while sent < self.count || !self.stopped() {
            write_message(&self.crc, self.instance as u32, sent as u32, &mut bytes);
            send(&bytes)?;
            sent += 1;
            self.note(sent);
        }
        Ok(sent)
    }

    /// `act` in a critical section, `least` times, and once more after the driver has said stop; `check` before it. Turn `hold`
    /// never ends.
    fn turns<'a>(
        &self,
        least: i64,
        acquire: impl Fn() -> Result<Guard<'a>>,
        act: impl Fn(bool),
        check: impl Fn(bool),
    ) -> Result<()> {
        let (mut rounds, mut abandoned) = (0, 0);
        let mut last = false;
        while !last {
            last = rounds + 1 >= least && self.stopped();
            let guard = acquire()?;
            abandoned += i64::from(guard.abandoned());
            check(guard.abandoned());
            if rounds == self.hold {
                act(true);
                say(format!("{{\"held\":{rounds}}}"));
                told();
            }
            act(false);
            drop(guard);
            rounds += 1;
            self.note(rounds);
        }
        say(format!("{{\"rounds\":{rounds},\"abandoned\":{abandoned}}}"));
        Ok(())
    }

    fn value(&self) -> Result<()> {
        let value = self.ready(|| Value::<i64>::new(0, &self.options("")))?;
        let step = if self.writes { 1 } else { 1 << 32 };
        // A read and a write: that nothing comes in between is up to the lock.
        self.turns(self.count, || value.lock(None), |_| value.set(value.get() + step), |_| ())
    }

    fn array(&self) -> Result<()> {
        let length = if self.creates() { 200 } else { 0 };
        let array = self.ready(|| Array::<i32>::new(length, &self.options("")))?;
        let (mine, theirs) = if self.writes { (0, 100) } else { (100, 0) };
        let act = |half: bool| {
            for index in mine..mine + if half { 50 } else { 100 } {
                array.set(index, array.get(index) + 1);
            }
        };
        let check = |abandoned: bool| {
            if abandoned {
                array.set_all(theirs, &[array.get(theirs); 100]);
            }
            for index in 0..200 {
                if array.get(index) != array.get(index / 100 * 100) {
                    die(format!("half a write at {index}"));
                }
            }
        };
        self.turns((self.count + 99) / 100, || array.lock(None), act, check)
    }

    fn lock(&self) -> Result<()> {
        let lock = self.ready(|| Lock::new(&self.options("")))?;
        let raise = |word: usize| self.journal.set(word, self.journal.get(word) + 1);
        let act = |half: bool| {
            raise(FIRST);
            if !half {
                raise(SECOND);
            }
        };
        let check = |abandoned: bool| {
            if abandoned {
                self.journal.set(SECOND, self.journal.get(FIRST));
            }
            if self.journal.get(FIRST) != self.journal.get(SECOND) {
                die("another one is in the critical section".into());
            }
        };
        self.turns(self.count, || lock.acquire(None), act, check)
    }

    fn event(&self) -> Result<()> {
        let open = || Ok((Event::new(&self.options(""))?, Event::new(&self.options("-answer"))?));
        let (question, answer) = self.ready(open)?;
        let (heard, told) = if self.writes { (&answer, &question) } else { (&question, &answer) };
        let mut rounds = 0;
        let mut waits = Vec::new();
        let late = |round: i64, question: bool| round % 500 == if question { LATE_QUESTION } else { LATE_ANSWER };
        while rounds < self.count || !self.stopped() {
            if self.writes {
                self.journal.set(PAYLOAD, rounds + 1);
                if late(rounds, true) {
                    sleep(LATE);
                }
                told.set()?;
            }
            let began = Instant::now();
            heard.wait(None)?;
            if late(rounds, !self.writes) {
                waits.push(began.elapsed().as_secs_f64() * 1e3);
            }
            heard.clear()?;
            if self.stopped() && rounds >= self.count {
                break;
            }
            let expected = if self.writes { -(rounds + 1) } else { rounds + 1 };
            if self.journal.get(PAYLOAD) != expected {
                die(format!("round {rounds}: not the word that was to come"));
            }
            if !self.writes {
                self.journal.set(PAYLOAD, -(rounds + 1));
                if late(rounds, false) {
                    sleep(LATE);
                }
                told.set()?;
            }
            rounds += 1;
            self.note(rounds);
        }
        say(format!("{{\"rounds\":{rounds},\"waits\":{waits:?}}}"));
        Ok(())
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let number = |text: &str| text.parse::<i64>().unwrap_or_else(|_| die(format!("{text} is no number")));
    let name = arguments[2].clone();
    let one = Participant {
        writes: arguments[0] == "writer",
        count: number(&arguments[3]),
        instance: number(&arguments[4]) as usize,
        hold: number(&arguments[5]),
        journal: Array::new(0, &Options::named(format!("{name}-journal")).open())?,
        name,
        crc: Crc::new(),
    };
    match arguments[1].as_str() {
        "queue" => one.queue(),
        "pipe" => one.pipe(),
        "value" => one.value(),
        "array" => one.array(),
        "lock" => one.lock(),
        "event" => one.event(),
        kind => die(format!("no such kind: {kind}")),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.len() != 6 {
        die("writer|reader KIND NAME COUNT INSTANCE HOLD".into());
    }
    if let Err(error) = run(&arguments) {
        die(error.to_string());
    }
}
