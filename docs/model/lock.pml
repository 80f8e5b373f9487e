/*
 * The owned lock of native/core/sync/owned_lock.cc: try_acquire() with take-over, owner_alive(), release(); Segment::claim() and
 * Segment::alive() of native/core/segment/segment.cc. One load, store or compare-and-swap a step.
 *
 * SLOTS participants at a time, each slot with LIVES owners one after the other; up to DEATHS of them are killed, at any
 * step. An owner takes the lock ROUNDS times. Others do not detach while they hold it: that is like a death.
 *
 * Memory: the release of the word and the store of a new generation wait in a store buffer. Compare-and-swap (sequentially
 * consistent) empties it first. The kernel (the slot's byte lock) tells the truth at once: it answers behind the dead one's stores.
 *
 * Waiting is a guard, "the lock is obtainable": wake.pml has the wake-ups, and the slice asks the kernel again. Checked: never
 * two owners; a participant is told kRecovered once for each owner that died with the word, before anybody else gets the
 * lock; nobody who wants the lock is left behind (no invalid end state).
 */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LIVES
#define LIVES 2
#endif
#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef GENERATIONS /* how many the lock word can tell apart: 2^22 in the code */
#define GENERATIONS 8
#endif

#define WORD(slot, generation) (((slot) + 1) * GENERATIONS + (generation) % GENERATIONS)
#define SLOT_OF(word) ((word) / GENERATIONS - 1)
#define SAME_GENERATION(generation, word) ((generation) % GENERATIONS == (word) % GENERATIONS)

/* Shared memory. */
byte word;
byte generation[SLOTS];

/* Store buffers. */
bool late_release[SLOTS];
bool late_claim[SLOTS];

bool locked[SLOTS]; /* the kernel: the slot's byte is locked */

/* Not in the system. */
byte inside;    /* how many believe that they own the lock */
byte abandoned; /* owners that died with the word */
byte recovered; /* answers kRecovered */
byte deaths;
bool killed[SLOTS];

#define settle(me) \
  atomic { \
    if :: late_claim[me] -> generation[me] = generation[me] + 1; late_claim[me] = false :: else fi; \
    if :: late_release[me] -> word = 0; late_release[me] = false :: else fi \
  }

active proctype Memory() {
end:
  do
  :: d_step { late_release[0] -> word = 0; late_release[0] = false }
  :: d_step { late_claim[0] -> generation[0] = generation[0] + 1; late_claim[0] = false }
  :: d_step { late_release[1] -> word = 0; late_release[1] = false }
  :: d_step { late_claim[1] -> generation[1] = generation[1] + 1; late_claim[1] = false }
#if SLOTS > 2
  :: d_step { late_release[2] -> word = 0; late_release[2] = false }
  :: d_step { late_claim[2] -> generation[2] = generation[2] + 1; late_claim[2] = false }
#endif
  od
}

/* owner_alive(seen), one step at a time */
inline ask_owner() {
  slot = SLOT_OF(seen);
  noted = generation[slot];
  if
  :: !SAME_GENERATION(noted, seen) -> living = false
  :: else ->
     living = generation[slot] == noted; /* Segment::alive() reads it again */
     if
     :: living && slot != me -> living = locked[slot]
     :: else
     fi
  fi
#ifdef NO_KERNEL
  ;
  living = false
#endif
#ifdef NO_TAKEOVER
  ;
  living = true
#endif
}

#define ENTER(how) assert(inside == 0); inside++; mine = true; how

/* try_acquire(true) */
inline try_acquire() {
  settle(me);
  seen = word;
  if
  :: seen == 0 ->
     d_step {
       if
       :: word == 0 -> word = WORD(me, self); ENTER(assert(recovered == abandoned))
       :: else -> seen = word
       fi
     }
  :: else
  fi;
  if
  :: !mine && seen != 0 ->
     assert(seen != WORD(me, self)); /* kMine, without having acquired */
     ask_owner();
     if
     :: !living ->
#ifdef RELOAD
        seen = word;
#endif
#ifdef STORE_TAKEOVER
        d_step { word = WORD(me, self); recovered++; ENTER(assert(recovered == abandoned)) }
#else
        d_step {
          if
          :: word == seen && word != 0 ->
             word = WORD(me, self); recovered++; ENTER(assert(recovered == abandoned))
          :: else
          fi
        }
#endif
     :: else
     fi
  :: else
  fi;
  atomic { seen = 0; slot = 0; noted = 0; living = false }
}

#ifdef NO_TAKEOVER
#define OBTAINABLE (word == 0 || late_release[me])
#else
#define OBTAINABLE \
  (word == 0 || late_release[me] || !SAME_GENERATION(generation[SLOT_OF(word)], word) || \
   (SLOT_OF(word) != me && !locked[SLOT_OF(word)]))
#endif

proctype Slot(byte me) {
  byte life, round, self, seen, slot, noted;
  bool living, mine;
next_life:
  {
    /* Segment::open(): lock the byte, then claim() */
    atomic { locked[me] = true; life++ };
    d_step { self = generation[me] + 1; late_claim[me] = true };
    do
    :: round < ROUNDS ->
       do
       :: mine -> break
       :: !mine && OBTAINABLE -> try_acquire()
       od;
#ifdef RELEASE_EARLY
       late_release[me] = true;
#endif
       /* release(); what the owner did is done before the store */
       assert(word == WORD(me, self) || late_release[me]);
       atomic { inside--; mine = false };
#ifndef RELEASE_EARLY
       late_release[me] = true;
#endif
       round++
     :: else -> break
     od;
     skip
  } unless { killed[me] };
  /* Death, or detach: what was stored reaches memory, then the kernel lets go of the slot. */
  d_step {
    if :: late_claim[me] -> generation[me] = generation[me] + 1; late_claim[me] = false :: else fi;
    if :: late_release[me] -> word = 0; late_release[me] = false :: else fi;
    if :: mine -> inside-- :: else fi;
    if :: word != 0 && self != 0 && word == WORD(me, self) -> abandoned++ :: else fi;
    locked[me] = false;
    killed[me] = false; mine = false; living = false;
    round = 0; self = 0; seen = 0; slot = 0; noted = 0
  };
  if
  :: life < LIVES -> goto next_life
  :: else
  fi
}

proctype Killer() {
  byte victim;
end:
  do
  :: deaths < DEATHS ->
     select(victim : 0 .. SLOTS - 1);
     atomic { killed[victim] = true; deaths++; victim = 0 }
  :: break
  od
}

proctype Monitor() {
end:
  atomic {
    timeout ->
    assert(inside == 0);
    /* Whoever died last with the word may have found nobody who wanted it. */
    assert(recovered + (word != 0) == abandoned)
  }
}

init {
  byte me;
  atomic {
    for (me : 0 .. SLOTS - 1) { run Slot(me) };
    run Killer();
    run Monitor();
    me = 0
  }
}
