// oneTBB's parallel_pipeline: serial in-order source, parallel body, serial in-order sink. The calling thread is one of
// the workers.
#include "stream.hpp"
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

int main(int count, char** values) {
    const Arguments arguments(count, values);
    tbb::global_control limit(tbb::global_control::max_allowed_parallelism, arguments.workers);
    tbb::task_arena arena(static_cast<int>(arguments.workers));
    return measure(arguments, [&](std::size_t frames, Sink& sink) {
        std::size_t sequence = 0;
        arena.execute([&] {
            tbb::parallel_pipeline(
                arguments.window,
                tbb::make_filter<void, std::size_t>(
                    tbb::filter_mode::serial_in_order,
                    [&](tbb::flow_control& control) -> std::size_t {
                        if (sequence == frames) {
                            control.stop();
                            return 0;
                        }
                        return sequence++;
                    })
                    & tbb::make_filter<std::size_t, std::size_t>(
                        tbb::filter_mode::parallel,
                        [&](std::size_t frame) {
                            spin(arguments.workNanoseconds);
                            return frame;
                        })
                    & tbb::make_filter<std::size_t, void>(
                        tbb::filter_mode::serial_in_order, [&](std::size_t frame) { sink.take(frame); }));
        });
    });
}
