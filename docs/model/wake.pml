/*
 * The wake protocol of native/core/waiting/wait.h: announce, fence, look, sleep / publish, fence, pick, wake.
 *
 * What is modelled, and where it stands in the code:
 *   Waiter, FUTEX   a blocking wait: wait_slice() in wait.h inside the loop of Lane.waitSync() (lib/waiting/lane.ts)
 *   Waiter, LOOP    an event loop: announce_all(), collect(), retire() in native/addon/waiting.cc, Lane.settle()
 *   Waker           publish, then wake() in wait.cc
 *   wake, notify    wake_fenced() and notify() in wait.cc, one load or read-modify-write a step
 *   leave_slot      death or detach; `new_owner`: Segment::claim() and SharedObject::forget_predecessor()
 *
 * Memory: what a participant publishes (an item; its bit in the wait set) waits in its store buffer until Memory takes
 * it out, at any later moment, or until its fence. Its own later loads may be served before. This holds for the bit as well,
 * although fetch_or is a read-modify-write: C++ and ARM let a later load of another word pass the writing half of one.
 * All that a participant writes later is a release or behind one, so the buffer keeps its order. A read-modify-write whose
 * result is used acts on memory at once.
 *
 * A futex sleeps only while the word has the value that was read before (FUTEX_WAIT); FUTEX_WAKE wakes who sleeps now and
 * leaves nothing behind. A FIFO keeps its byte until it is read. The kernel knows at once who is dead.
 *
 * What is checked: with -DMONITOR that the whole system never comes to rest with an item there and a living waiter asleep: the
 * slice (50 ms) is left out, so a lost wake-up shows. With -DSLICE a sleep ends when nothing else can happen, and the
 * absence of non-progress cycles says that nobody waits for ever beside an item. run.mjs has the configurations, and the mutations.
 */
#ifndef WAITERS
#define WAITERS 2 /* their slots are 0 .. WAITERS - 1 */
#endif
#ifndef WAKERS
#define WAKERS 2
#endif
#ifndef LOOPS
#define LOOPS 0 /* how many of the waiters, the first ones, are event loops */
#endif
#ifndef EARLY
#define EARLY 0 /* how often each sleep may end for no reason: a signal, or a slice that ends at the wrong moment */
#endif
#ifndef DEATHS
#define DEATHS 0 /* how many may be killed, at any step */
#endif
/* GIVE_UP=1: a blocking waiter may leave without an item after a look that found one; GIVE_UP=2: after a sleep as well.
 * GIVE_UP=3: a wait of an event loop may be aborted while the loop sleeps.
 * BLOCKS: the thread of an event loop that has announced itself blocks once for the same set, in vain, before it sleeps by its FIFO. */
#ifdef NO_SLICE
#undef SLICE
#define MONITOR
#endif
#if defined(EVERYONE) && !defined(WAKE_ONE) /* an event: the condition stays, and wakes all */
#define MOST WAITERS
#else
#define MOST 1
#endif

#if DEATHS > 0 || defined(CORPSE)
#define MORTAL
#endif

#define FUTEX 1 /* IPC_SLEEP_FUTEX */
#define BELL 2  /* IPC_SLEEP_DOORBELL */

/* Shared memory. */
byte items;              /* the condition: an item for each */
bool bits[WAITERS];       /* ipc_wait_set.bits */
byte next;               /* ipc_wait_set.next */
byte signal[WAITERS];    /* ipc_participant.signal */
byte mode[WAITERS];      /* ipc_participant.sleep_mode */
byte number[WAITERS];    /* ipc_participant.doorbell: here the generation whose FIFO it is, 0 for none */
byte generation[WAITERS];

/* Store buffers. */
bool late_bit[WAITERS];
bool late_item[WAKERS];

/* The kernel. */
bool asleep[WAITERS];  /* in FUTEX_WAIT */
bool bell[WAITERS];    /* a byte is in the FIFO of the slot's present owner */
bool alive[WAITERS];   /* the slot's byte is locked */
byte owner[WAITERS];   /* generation of the slot's present owner, whose FIFO has a reader */

/* Not in the system: who wants an item and has none; who is killed. */
bool wants[WAITERS];
bool killed[WAITERS + WAKERS];
byte deaths;
bool go; /* wakers may begin */

#define settle_bit(who) d_step { if :: late_bit[who] -> bits[who] = true; late_bit[who] = false :: else fi }

active proctype Memory() {
  byte who;
end:
  do
  :: d_step { late_bit[0] -> bits[0] = true; late_bit[0] = false }
#if WAITERS > 1
  :: d_step { late_bit[1] -> bits[1] = true; late_bit[1] = false }
#endif
#if WAITERS > 2
  :: d_step { late_bit[2] -> bits[2] = true; late_bit[2] = false }
#endif
  :: d_step { late_item[0] -> items++; late_item[0] = false }
#if WAKERS > 1
  :: d_step { late_item[1] -> items++; late_item[1] = false }
#endif
#if WAKERS > 2
  :: d_step { late_item[2] -> items++; late_item[2] = false }
#endif
  od
}

/* notify(): wakes one whose bit was cleared; `reached` is false where it is dead. */
inline notify(slot) {
#ifndef NO_SIGNAL
  signal[slot]++;
#endif
  how = mode[slot];
  reached = false;
  if
  :: how & FUTEX -> d_step { reached = asleep[slot]; asleep[slot] = false }
  :: else
  fi;
  if
  :: how & BELL ->
     seen = number[slot];
     d_step {
       if
       :: seen != 0 && alive[slot] && owner[slot] == seen -> bell[slot] = true; reached = true
       :: else
       fi;
       seen = 0
     }
  :: else
  fi;
#ifdef NO_ALIVE_CHECK
  reached = true;
#endif
  if
  :: reached
  :: else /* Segment::alive() */
     seen = generation[slot];
     d_step { reached = generation[slot] == seen && alive[slot]; seen = 0 }
  fi;
  how = 0
}

/* wake_fenced() */
inline wake(most) {
  d_step {
    any = bits[0];
#if WAITERS > 1
    any = any || bits[1];
#endif
#if WAITERS > 2
    any = any || bits[2];
#endif
  }
  if
  :: any ->
     first = next;
     do
     :: step < WAITERS && woken < most ->
        slot = (first + step) % WAITERS;
        if
        :: bits[slot] ->
           d_step { picked = bits[slot]; bits[slot] = false }
           if
           :: picked ->
              notify(slot);
              if
              :: reached -> d_step { next = (slot + 1) % WAITERS; woken++; reached = false }
              :: else
              fi
           :: else
           fi;
           picked = false
        :: else
        fi;
        step++
     :: else -> break
     od
  :: else
  fi;
  atomic { any = false; first = 0; step = 0; woken = 0; slot = 0 }
}

/* announce() without its fence */
inline announce(me) { late_bit[me] = true }

/* withdraw(): a load sees what stands in the own store buffer. */
inline withdraw(me) {
  settle_bit(me);
  if
  :: bits[me] -> d_step { took_back = bits[me]; bits[me] = false }
  :: else -> took_back = false
  fi
}

inline take() {
  d_step {
    if
    :: items > 0 -> got = true;
#ifndef EVERYONE
       items--
#endif
    :: else
    fi
  }
}

/* wait_slice(), the part after polling */
inline wait_slice(me) {
#ifndef SIGNAL_READ_LATE
  before = signal[me];
#endif
#ifndef MODE_AFTER_BIT
  mode[me] = mode[me] | FUTEX;
#endif
  announce(me);
#ifndef NO_WAITER_FENCE
  settle_bit(me);
#endif
#ifdef MODE_AFTER_BIT
  settle_bit(me);
  mode[me] = mode[me] | FUTEX;
#endif
#ifdef NO_SECOND_LOOK
  slept = true;
#else
  slept = items == 0;
#endif
#ifdef SIGNAL_READ_LATE
  before = signal[me];
#endif
  if
  :: slept ->
     d_step { if :: signal[me] == before -> asleep[me] = true :: else fi; before = 0 }
end_asleep:
     if
     :: !asleep[me]
     :: atomic { asleep[me] && early < EARLY -> early++; asleep[me] = false }
#ifdef SLICE
     :: atomic { asleep[me] && timeout -> asleep[me] = false };
        if
        :: items == 0 ->
progress_idle: skip
        :: else
        fi
#endif
     fi;
     settle_bit(me)
  :: else -> before = 0
  fi;
  withdraw(me);
  if
  :: !took_back && !slept ->
#ifndef NO_HAND_ON
     wake(1)
#else
     skip
#endif
  :: else
  fi;
  mode[me] = mode[me] & BELL;
#ifdef GIVE_UP
  /* Its time is up, and the attempt that follows meets a lock that somebody holds for a moment. */
  if
#if GIVE_UP == 1
  :: !slept -> gave_up = true
#else
  :: gave_up = true
#endif
  :: skip
  fi;
#endif
  took_back = false;
  slept = false
}

/* A blocking wait of the thread whose event loop is announced, and its end: wait_slice(), pass_wake(). */
inline block_in_vain(me) {
  before = signal[me];
  mode[me] = mode[me] | FUTEX;
  d_step { own = !bits[me]; bits[me] = true }
#ifdef TAKE_SHARED_BIT
  own = true;
#endif
  slept = items == 0;
  if
  :: slept ->
     d_step { if :: signal[me] == before -> asleep[me] = true :: else fi };
     asleep[me] = false /* its time is up, or it was woken */
  :: else
  fi;
  before = 0;
  if
  :: own -> withdraw(me)
  :: else -> took_back = bits[me]
  fi;
  if
  :: !took_back && !slept -> wake(1)
  :: else
  fi;
  mode[me] = mode[me] & BELL;
  if
  :: items > 0 -> wake(1)
  :: else
  fi;
  own = false;
  took_back = false;
  slept = true
}

/* One passage of the event loop: announce_all(), then sleep, then poll(). The attempts are its caller's. */
inline loop_turn(me) {
  number[me] = owner[me];
#ifndef MODE_AFTER_BIT
  mode[me] = mode[me] | BELL;
#endif
  announce(me);
#ifndef NO_WAITER_FENCE
  settle_bit(me);
#endif
#ifdef MODE_AFTER_BIT
  settle_bit(me);
  mode[me] = mode[me] | BELL;
#endif
#ifdef NO_SECOND_LOOK
  slept = true;
#else
  slept = items == 0;
#endif
#ifdef BELL_READ_LATE
  bell[me] = false;
#endif
  if
  :: slept ->
#ifdef BLOCKS
     block_in_vain(me);
#endif
end_listening:
     if
     :: d_step { bell[me] -> bell[me] = false }
#if GIVE_UP == 3
     :: gave_up = true
#endif
#ifdef SLICE
     :: timeout;
        if
        :: items == 0 ->
progress_idle_loop: skip
        :: else
        fi
#endif
     fi
  :: else
  fi;
  slept = false;
  settle_bit(me);
  if
  :: items > 0 && !gave_up -> withdraw(me); took_back = false /* collect() */
  :: else
  fi
}

proctype Waiter(byte me) {
  byte before, first, step, slot, how, seen, woken, early;
  bool slept, took_back, any, picked, reached, got, gave_up, own;
live:
  {
    wants[me] = true;
    do
    :: gave_up -> wants[me] = false; break
    :: else ->
       take(); /* the attempt */
       if
       :: got -> wants[me] = false; break
       :: else
       fi;
       if
       :: me < LOOPS -> loop_turn(me)
       :: else -> wait_slice(me)
       fi
    od;
    if
    :: me < LOOPS || gave_up ->
       got = false;
       gave_up = false;
       /* stop(): retire() withdraws and passes a wake on that was meant for an item it did not take. A blocking wait that ends
        * without one (waitSync() of Lane, until_done() of the C interface) has withdrawn already. */
       withdraw(me);
       took_back = false;
#ifndef NO_PASS_WAKE
       if
       :: items > 0 -> wake(1)
       :: else
       fi
#endif
    :: else -> got = false
    fi;
end_done:
    false
  }
#ifdef MORTAL
  unless { killed[me] };
  /* The kernel closes what the dead one had: its slot's lock, its FIFO. Nothing in shared memory changes. */
  d_step {
    killed[me] = false; wants[me] = false; asleep[me] = false; bell[me] = false; alive[me] = false;
    if :: late_bit[me] -> bits[me] = true; late_bit[me] = false :: else fi;
    before = 0; first = 0; step = 0; slot = 0; how = 0; seen = 0; woken = 0; early = 0;
    slept = false; took_back = false; any = false; picked = false; reached = false; got = false; gave_up = false; own = false;
    go = true
  };
#ifdef HEIR
  /* Segment::open(): the slot gets a new owner. */
  d_step { alive[me] = true; owner[me] = generation[me] + 1 };
  mode[me] = 0;
  number[me] = 0;
  generation[me] = owner[me];
#ifndef NO_FORGET
  withdraw(me); /* forget_predecessor() */
  if
  :: !took_back ->
#ifndef NO_HEIR_WAKE
     wake(1)
#else
     skip
#endif
  :: else
  fi;
  took_back = false;
#endif
  if
  :: goto live /* it waits, too */
  :: skip      /* it does other things */
  fi;
#endif
end_over:
  false
#endif
}

proctype Waker(byte me) {
  byte first, step, slot, how, seen, woken;
  bool any, picked, reached;
  {
    go;
#ifdef WAKE_BEFORE_PUBLISH
    wake(MOST);
#endif
    late_item[me] = true; /* publish: a release store */
#ifndef NO_WAKER_FENCE
    d_step { if :: late_item[me] -> items++; late_item[me] = false :: else fi };
#endif
#ifndef WAKE_BEFORE_PUBLISH
    wake(MOST)
#endif
  }
#ifdef MORTAL
  unless { killed[WAITERS + me] }
#endif
}

#ifdef MORTAL
/* SIGKILL. With CORPSE exactly one waiter is killed, at any step, before a waker begins; else anyone, at any moment. */
proctype Killer() {
#ifdef CORPSE
  killed[0] = true
#else
  byte victim;
end:
  do
  :: deaths < DEATHS ->
     select(victim : 0 .. WAITERS + WAKERS - 1);
     atomic { killed[victim] = true; deaths++; victim = 0 }
  :: break
  od
#endif
}
#endif

#ifdef MONITOR
proctype Monitor() {
  byte who;
end:
  atomic {
    timeout ->
    for (who : 0 .. WAITERS - 1) {
      assert(items == 0 || !wants[who]) /* else a wake-up was lost */
    }
  }
}
#endif

init {
  byte who;
  atomic {
    for (who : 0 .. WAITERS - 1) {
      alive[who] = true; generation[who] = 1; owner[who] = 1;
      run Waiter(who)
    };
    for (who : 0 .. WAKERS - 1) { run Waker(who) };
#ifndef CORPSE
    go = true;
#endif
#ifdef MORTAL
    run Killer();
#endif
#ifdef MONITOR
    run Monitor();
#endif
    who = 0
  }
}
