// SPDX-License-Identifier: Apache-2.0
// explain: what the fields of a manifest mean, and what podinit makes of each.
#include "spec/explain.hpp"
#include "tools/podctl/commands.hpp"
#include "tools/podctl/output.hpp"

namespace ctl {

int run_explain(const ExplainOptions& options) {
    if (options.output == "plaintext") {
        if (options.args.size() != 1)
            fail({"You must specify the type of resource to explain, as in 'podctl explain pod.spec', and only one"});
        const auto text = spec::explain(options.args[0], options.recursive);
        if (!text)
            fail({text.error()});
        print({*text});
        return 0;
    }
    if (options.output != "markdown" && options.output != "json-schema")
        fail({"unknown output \"", options.output, "\"; allowed are: plaintext,markdown,json-schema"});
    if (!options.args.empty())
        fail({"--output=", options.output, " is of all resources, so none can be named"});
    print({options.output == "markdown" ? spec::field_table() : spec::json_schema()});
    return 0;
}

} // namespace ctl
