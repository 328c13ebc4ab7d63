/* Sources/CoExec/Parker.swift, one step for each access: a lane that looks for work, says that it sleeps, looks once
   more and parks, time-outs included; and two threads that add work and wake it. Every interleaving, sequential
   consistency assumed. The lane must see all work without ever needing a time-out: with -DFOREVER none comes, and a
   lost wake-up is a deadlock. -DMUTANT_… seeds a fault that the checker has to find. */

#define AWAKE 0
#define PARKED 1
#define NOTIFIED 2
#define WORK 3

byte state;         /* of the parker */
bool isLocked;      /* its mutex */
bool isWaiting;     /* the lane is in the condition's queue */
byte work;          /* pieces that are there */
bool isAsleep;      /* what the lane says */

#define LOCK atomic { !isLocked -> isLocked = true }
#define UNLOCK isLocked = false

proctype Lane() {
    byte seen, old;
    do
    :: seen == 2 * WORK -> break
    :: else ->
#ifdef MUTANT_LOOK_BEFORE_SAYING
        seen = work; isAsleep = (seen < 2 * WORK);
        if
        :: seen == 2 * WORK -> skip
#else
        isAsleep = true;
        if
        :: work != seen -> skip
#endif
        :: else ->                          /* park */
            atomic { old = state; state = AWAKE };
            if
            :: old == NOTIFIED
            :: else ->
                LOCK;
#ifdef MUTANT_PARK_OVERWRITES
                state = PARKED;
#else
                atomic { if :: state == AWAKE -> state = PARKED :: else fi };
#endif
                do
                :: state == PARKED ->
                    atomic { isLocked = false; isWaiting = true };
                    if
                    :: !isWaiting           /* signalled */
#ifndef FOREVER
                    :: atomic { isWaiting -> isWaiting = false }; LOCK; break
#endif
                    fi;
                    LOCK
                :: else -> break
                od;
                state = AWAKE;
                UNLOCK
            fi
        fi;
        isAsleep = false;
        seen = work
    od
}

proctype Waker() {
    byte round, old;
    for (round : 1 .. WORK) {
        work++;
        if
        :: isAsleep ->                      /* wake */
#ifdef MUTANT_WAKE_KEEPS_NOTHING
            atomic { old = state; if :: old == PARKED -> state = NOTIFIED :: else fi };
#else
            atomic { old = state; state = NOTIFIED };
#endif
            if
            :: old == PARKED ->
#ifndef MUTANT_SIGNAL_WITHOUT_MUTEX
                LOCK; UNLOCK;
#endif
                isWaiting = false
            :: else
            fi
        :: else
        fi
    }
}

init {
    atomic { run Lane(); run Waker(); run Waker() }
    _nr_pr == 1;
    assert(!isLocked && !isWaiting)
}
