/* Sources/CoExec/Lanes/WorkStealingDeque.swift, one step for each of its atomic accesses: an owner that pushes ITEMS tickets
   and pops when it likes, and two thieves. Every interleaving; sequential consistency is assumed, weaker orders aren't
   covered. Each ticket must be taken once. -DMUTANT_… seeds a fault that the checker has to find. */

#ifndef CAPACITY
#define CAPACITY 2
#endif
#ifndef ITEMS
#define ITEMS 5
#endif
#define SLOT(index) slots[(index) % CAPACITY]

byte top, bottom;
byte slots[CAPACITY];
byte taken[ITEMS];
bool allPushed;

inline take(ticket) {
    atomic { taken[ticket]++; assert(taken[ticket] == 1) }
}

/* won = whether `top` moved from `expected` to the next. */
inline advanceTop(expected, won) {
    atomic { if :: top == expected -> top++; won = true :: else -> won = false fi }
}

proctype Owner() {
    byte end, seen, ticket, next;
    bool won;
    do
    :: next < ITEMS ->  /* push */
        seen = top;
#if defined(MUTANT_PUSH_WITHOUT_FULL_CHECK)
        if :: true ->
#elif defined(MUTANT_PUSH_ONE_TOO_MANY)
        if :: bottom - seen <= CAPACITY ->
#else
        if :: bottom - seen < CAPACITY ->
#endif
#ifdef MUTANT_PUSH_PUBLISHES_FIRST
            bottom++; SLOT(bottom - 1) = next;
#else
            SLOT(bottom) = next; bottom++;
#endif
            next++
        :: else
        fi
    :: end = bottom;    /* pop */
        if
        :: top >= end -> if :: next == ITEMS -> break :: else fi
        :: else ->
#ifdef MUTANT_POP_READS_TOP_FIRST
            seen = top; bottom = end - 1;
#else
            bottom = end - 1; seen = top;
#endif
            if
            :: seen < end - 1 -> ticket = SLOT(end - 1); take(ticket)
            :: else ->
#ifdef MUTANT_POP_WITHOUT_EXCHANGE
                won = (seen == end - 1);
#else
                if :: seen == end - 1 -> advanceTop(seen, won) :: else -> won = false fi;
#endif
                ticket = SLOT(end - 1);
#ifdef MUTANT_POP_FORGETS_BOTTOM
                if :: won -> bottom = end :: else fi;
#else
                bottom = end;
#endif
                if :: won -> take(ticket) :: else fi
            fi
        fi
    od;
    allPushed = true
}

proctype Thief() {
    byte seen, end, ticket;
    bool won, isLast;
    do
    :: isLast = allPushed;
#ifdef MUTANT_STEAL_READS_BOTTOM_FIRST
        end = bottom; seen = top;
#else
        seen = top; end = bottom;
#endif
        if
        :: seen < end ->
#ifdef MUTANT_STEAL_READS_SLOT_LAST
            advanceTop(seen, won); ticket = SLOT(seen);
#elif defined(MUTANT_STEAL_WITHOUT_EXCHANGE)
            ticket = SLOT(seen); top = seen + 1; won = true;
#else
            ticket = SLOT(seen); advanceTop(seen, won);
#endif
            if :: won -> take(ticket) :: else fi
        :: else -> if :: isLast -> break :: else fi
        fi
    od
}

init {
    byte index;
    atomic { run Owner(); run Thief(); run Thief() }
    _nr_pr == 1;
    for (index : 0 .. ITEMS - 1) { assert(taken[index] == 1) }
}
