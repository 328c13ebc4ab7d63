/* The stream protocol: a source with a window (back-pressure), two lanes that claim frames, run again what the other
   lane holds (it may hang), and may fail once; the first completion counts, by compare-and-swap on the slot's state;
   whoever holds the delivery token delivers in order, and looks again after giving it back. Each frame must be
   delivered once, in order, with its own result, and the stream must end. Every interleaving, sequential consistency
   assumed; frames are integers, so that a lane may read one that the source is replacing (in Swift, one that runs a
   frame again must hold a reference of its own). -DMUTANT_… seeds a fault that the checker has to find. */

#ifndef FRAMES
#define FRAMES 4
#endif
#define WINDOW 2
#define FAILURES 1

#define READY 1
#define RUNNING 2
#define COMPLETING 3    /* its result is being written, by one lane */
#define DONE 4
#define WORD(sequence, status) (8 * (sequence) + (status))
#define STATUS(word) ((word) % 8)
#define SLOT(sequence) ((sequence) % WINDOW)

byte states[WINDOW];    /* WORD of the frame in the slot; 0: free */
byte frames[WINDOW];    /* what the source gave; frame n is n */
byte results[WINDOW];   /* what a lane made of it; of frame n, n */
byte head;              /* next to deliver */
byte delivered, failures;
bool token;

proctype Source() {
    byte sequence;
    for (sequence : 0 .. FRAMES - 1) {
#ifdef MUTANT_WINDOW_ONE_TOO_MANY
        sequence <= head + WINDOW;
#else
        sequence < head + WINDOW;
#endif
        frames[SLOT(sequence)] = sequence;
        states[SLOT(sequence)] = WORD(sequence, READY)
    }
}

/* isDone = whether the slot's word was `expected`, and is `desired` now. */
inline exchange(slot, expected, desired, isDone) {
    atomic { if :: states[slot] == expected -> states[slot] = desired; isDone = true :: else -> isDone = false fi }
}

proctype Lane() {
    byte slot, word, frame, current;
    bool isMine;
    do
    :: head == FRAMES -> break
    :: atomic {                                 /* choose a frame to claim, or one that the other lane holds */
            if
            :: STATUS(states[0]) == READY || STATUS(states[0]) == RUNNING -> slot = 0
            :: STATUS(states[1]) == READY || STATUS(states[1]) == RUNNING -> slot = 1
            fi;
            word = states[slot]
        }
        isMine = true;
        if
        :: STATUS(word) == READY ->
            exchange(slot, word, word - READY + RUNNING, isMine);
            word = word - READY + RUNNING;
            frame = frames[slot]
        :: else -> frame = frames[slot]         /* may be a later frame by now: then the completion fails */
        fi;
        if
        :: !isMine
        :: isMine && failures < FAILURES ->     /* the run fails: the frame goes back */
            failures++;
#ifdef MUTANT_FAILURE_DROPS_THE_FRAME
            exchange(slot, word, 0, isMine)
#else
            exchange(slot, word, word - RUNNING + READY, isMine)
#endif
        :: isMine ->                            /* the run succeeds */
#if defined(MUTANT_COMPLETE_WITHOUT_EXCHANGE)
            states[slot] = word - RUNNING + COMPLETING;
#elif defined(MUTANT_COMPLETE_WHATEVER_FRAME)
            atomic {
                isMine = (STATUS(states[slot]) == RUNNING);
                if :: isMine -> word = states[slot]; states[slot] = word - RUNNING + COMPLETING :: else fi
            };
#else
            exchange(slot, word, word - RUNNING + COMPLETING, isMine);
#endif
            if
            :: isMine ->
#ifdef MUTANT_DONE_BEFORE_THE_RESULT
                states[slot] = word - RUNNING + DONE;
                results[slot] = frame;
#else
                results[slot] = frame;
                states[slot] = word - RUNNING + DONE;
#endif
                /* Deliver what is complete, unless another lane does. */
                current = head;
                do
                :: states[SLOT(current)] == WORD(current, DONE) ->
#ifdef MUTANT_DELIVER_WITHOUT_TOKEN
                    isMine = true;
#else
                    atomic { isMine = !token; token = true };
#endif
                    if :: !isMine -> break :: else fi;
                    current = head;
                    do
                    :: states[SLOT(current)] == WORD(current, DONE) ->
                        atomic {
                            assert(results[SLOT(current)] == current && delivered == current);
                            delivered++
                        };
#ifdef MUTANT_ROOM_BEFORE_THE_SLOT_IS_FREE
                        head = current + 1;
                        states[SLOT(current)] = 0;
#else
                        states[SLOT(current)] = 0;
                        head = current + 1;
#endif
                        current++
                    :: else -> break
                    od;
                    token = false;
#ifdef MUTANT_NO_LOOK_AFTER_RELEASE
                    break
#endif
                :: else -> break
                od
            :: else
            fi
        fi
    od
}

init {
    atomic { run Source(); run Lane(); run Lane() }
    _nr_pr == 1;
    assert(delivered == FRAMES && head == FRAMES)
}
