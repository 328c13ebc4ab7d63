// Taskflow's Pipeline: serial source, parallel body, serial sink, a line for each frame of the window. The calling
// thread only waits.
#include "stream.hpp"
#include <taskflow/algorithm/pipeline.hpp>
#include <taskflow/taskflow.hpp>
#include <vector>

int main(int count, char** values) {
    const Arguments arguments(count, values);
    tf::Executor executor(arguments.workers);
    return measure(arguments, [&](std::size_t frames, Sink& sink) {
        std::vector<std::size_t> lines(arguments.window);  // the pipeline carries no data itself
        tf::Pipeline pipeline(
            arguments.window,
            tf::Pipe{tf::PipeType::SERIAL, [&](tf::Pipeflow& flow) {
                if (flow.token() == frames) flow.stop();
                else lines[flow.line()] = flow.token();
            }},
            tf::Pipe{tf::PipeType::PARALLEL, [&](tf::Pipeflow&) { spin(arguments.workNanoseconds); }},
            tf::Pipe{tf::PipeType::SERIAL, [&](tf::Pipeflow& flow) { sink.take(lines[flow.line()]); }});
        tf::Taskflow graph;
        graph.composed_of(pipeline);
        executor.run(graph).wait();
    });
}
