// SPDX-License-Identifier: Apache-2.0
// Objects from files, checked here by the library with which podinit itself reads them.
#pragma once

#include "spec/object.hpp"
#include "tools/podctl/client.hpp"
#include "tools/podctl/manifests.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ctl {

struct ObjectToSend {
    const InputObject* input = nullptr;
    std::string json; // to be sent: with the namespace that the command line gave
    spec::Kind kind = spec::Kind::Pod;
    std::string resource; // as kubectl prints it before the name
    std::string namespace_;
    std::string name;
    std::string text; // with its defaults; what is ignored as it was written
    std::vector<std::string> warnings;
};

// The objects of the files, in their order. Throws Failure with all that is wrong with any of them, one line each, and
// when there are none for `verb`.
std::vector<ObjectToSend> objects_to_send(const Inputs& inputs, const std::string& namespace_, std::string_view verb);

// One call for all of them, which says the rest of what is asked for; an item for each comes back. A call that waits
// has another answer. Throws Failure: what podinit finds wrong, by file and line.
spec::Applied send_objects(Client& client, const std::vector<ObjectToSend>& objects, spec::Apply call);

// The second answer of a call that waits: what came of it is printed (with `quiet` only what went wrong), and what is
// not as it should be. The exit code.
int await_rollout(Client& client, const std::vector<ObjectToSend>& objects, bool quiet);

} // namespace ctl
