// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/attempt.hpp"

#include <chrono>

namespace fault {

using std::chrono::milliseconds, std::chrono::seconds;

Attempt try_it(Stage& stage, const Scenario& scenario, const Injection& injection, bool spoilt) {
    initd::Supervisor& podinit = stage.podinit();
    podinit.lenient = spoilt;
    podinit.patience = spoilt ? milliseconds{500} : seconds{30};
    Injector injector(podinit.pid(), symbols(), injection);
    Trial first(podinit, spoilt ? &injector : nullptr);
    scenario.run(first);
    initd::eventually([&] { return injector.happened(); }, milliseconds{300}); // at what nobody waits for
    injector.stop();
    podinit.patience = seconds{30};
    podinit.lenient = false;
    Attempt attempt{injector.happened(), injector.trouble()};
    if (attempt.wrong.empty())
        attempt.wrong = first.wrong;
    if (!attempt.wrong.empty())
        return attempt;
    Trial second(podinit);
    clean_up(second);
    if (spoilt)
        scenario.run(second);
    if (!second.wrong.empty())
        attempt.wrong = "afterwards: " + second.wrong;
    else
        attempt.wrong = stage.lost();
    return attempt;
}

} // namespace fault
