// What both peers' programs share: arguments, the work of a frame, the check of the order, the figure.
// Usage of each: PROGRAM WORKERS WORK_NS FRAMES WINDOW; prints nanoseconds per frame.
#pragma once
#include <chrono>
#include <cstdio>
#include <cstdlib>

using Clock = std::chrono::steady_clock;

struct Arguments {
    std::size_t workers, workNanoseconds, frames, window;

    Arguments(int count, char** values) {
        if (count != 5) {
            std::fprintf(stderr, "usage: %s WORKERS WORK_NS FRAMES WINDOW\n", values[0]);
            std::exit(64);
        }
        workers = std::strtoull(values[1], nullptr, 10);
        workNanoseconds = std::strtoull(values[2], nullptr, 10);
        frames = std::strtoull(values[3], nullptr, 10);
        window = std::strtoull(values[4], nullptr, 10);
    }
};

// A frame's work: busy for that long. With 0 not even the clock is read.
inline void spin(std::size_t nanoseconds) {
    if (nanoseconds == 0) return;
    const auto end = Clock::now() + std::chrono::nanoseconds(nanoseconds);
    while (Clock::now() < end) {}
}

// The consumer, one frame at a time: counts, and insists on the order of the stream.
struct Sink {
    std::size_t next = 0;

    void take(std::size_t sequence) {
        if (sequence != next++) {
            std::fprintf(stderr, "frame %zu came where %zu was due\n", sequence, next - 1);
            std::exit(1);
        }
    }
};

// Runs a stream twice, short to start the workers, then whole, and prints what a frame of the second run took.
template <typename Stream>
int measure(const Arguments& arguments, Stream&& stream) {
    Sink warmUp, sink;
    const std::size_t few = arguments.frames / 20 + 1;
    stream(few, warmUp);
    const auto start = Clock::now();
    stream(arguments.frames, sink);
    const std::chrono::duration<double, std::nano> elapsed = Clock::now() - start;
    if (warmUp.next != few || sink.next != arguments.frames) {
        std::fprintf(stderr, "%zu of %zu frames came\n", sink.next, arguments.frames);
        return 1;
    }
    std::printf("%.1f\n", elapsed.count() / arguments.frames);
    return 0;
}
