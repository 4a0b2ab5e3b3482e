// SPDX-License-Identifier: Apache-2.0
#include "spec/rules_parts.hpp"
#include "spec/services.hpp"
#include "spec/watchdog.hpp"

namespace spec {

void check_services(const PodChecker& check, const Pod& pod, const Path& path) {
    std::vector<AnnotationProblem> problems;
    (void)read_services(pod, &problems);
    (void)read_watchdog(pod.metadata, &problems);
    const Path annotations = path.child("annotations");
    for (AnnotationProblem& problem : problems)
        check.error(annotations.child(problem.key), std::move(problem.message));
}

} // namespace spec
