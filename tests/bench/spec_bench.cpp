// SPDX-License-Identifier: Apache-2.0
// What it costs to understand a manifest: read_manifest() of a thousand pods of four containers, against Boost.JSON
// making a tree of the same bytes, built with the same flags. The two take turns, and each one's best turn counts.
#include "spec/manifest.hpp"
#include "tests/allocations.hpp"

#include <boost/json/src.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <time.h>

namespace {

constexpr int pods = 1000;
constexpr int containers = 4;
constexpr int turns = 7;

std::string container(int pod, int index) {
    const std::string i = std::to_string(index);
    const std::string port = std::to_string(8000 + index);
    return R"({"name":"service-)" + i + R"(","image":"registry.example/team/service-)" + i + R"(:v1.)" +
           std::to_string(pod) +
           R"(","imagePullPolicy":"IfNotPresent","command":["/usr/bin/service","--config=/etc/service/config.yaml"],)"
           R"("args":["--listen=:)" +
           port +
           R"(","--log-level=info"],"env":[{"name":"POD_NAME","valueFrom":{"fieldRef":)"
           R"({"fieldPath":"metadata.name"}}},{"name":"LISTEN","value":"0.0.0.0:)" +
           port +
           R"("},{"name":"DATA_DIR","value":"/var/lib/service"},{"name":"GOMAXPROCS","value":"2"}],)"
           R"("ports":[{"name":"http","containerPort":)" +
           port + R"(},{"name":"metrics","containerPort":9)" + port.substr(1) +
           R"(,"protocol":"TCP"}],"resources":{"requests":{"cpu":"100m","memory":"64Mi"},)"
           R"("limits":{"cpu":"500m","memory":"256Mi"}},"volumeMounts":[{"name":"config",)"
           R"("mountPath":"/etc/service","readOnly":true},{"name":"data","mountPath":"/var/lib/service"}],)"
           R"("livenessProbe":{"httpGet":{"path":"/healthz","port":"http"},"initialDelaySeconds":10,)"
           R"("periodSeconds":15,"timeoutSeconds":3},"readinessProbe":{"httpGet":{"path":"/ready","port":)" +
           port +
           R"(},"periodSeconds":5},"securityContext":{"runAsUser":1000,"runAsNonRoot":true,)"
           R"("readOnlyRootFilesystem":true,"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}})";
}

std::string pod(int number) {
    const std::string n = std::to_string(number);
    std::string json = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"pod-)" + n +
                       R"(","namespace":"edge","labels":{"app.kubernetes.io/name":"service",)"
                       R"("app.kubernetes.io/instance":"service-)" +
                       n + R"(","tier":"backend"},"annotations":{"description":"number )" + n +
                       R"( of a thousand"}},"spec":{"containers":[)";
    for (int i = 0; i < containers; ++i)
        json += (i == 0 ? "" : ",") + container(number, i);
    return json + R"(],"volumes":[{"name":"config","configMap":{"name":"service-config"}},{"name":"data",)"
                  R"("hostPath":{"path":"/srv/service","type":"DirectoryOrCreate"}}],"restartPolicy":"Always",)"
                  R"("terminationGracePeriodSeconds":20,"securityContext":{"fsGroup":2000}}})";
}

struct Cost {
    double seconds = 1e9;
    std::size_t bytes = 0;
    std::size_t allocations = 0;
};

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

template <class Read>
void take_turn(Cost& cost, const std::vector<std::string>& texts, Read read) {
    const std::size_t bytes = allocated::bytes;
    const std::size_t count = allocated::times;
    const double start = cpu_seconds();
    for (const std::string& text : texts)
        read(text);
    cost.seconds = std::min(cost.seconds, cpu_seconds() - start);
    cost.bytes = allocated::bytes - bytes;
    cost.allocations = allocated::times - count;
}

void print(const char* name, const Cost& cost) {
    std::printf("%-16s %9.0f manifests/s %8.1f us %9zu bytes allocated %6zu allocations\n", name, pods / cost.seconds,
                cost.seconds * 1e6 / pods, cost.bytes / pods, cost.allocations / pods);
}

} // namespace

int main() {
    std::vector<std::string> texts;
    for (int i = 0; i < pods; ++i)
        texts.push_back(pod(i));
    Cost ours;
    Cost floor;
    for (int turn = 0; turn < turns; ++turn) {
        take_turn(floor, texts, [](const std::string& text) { boost::json::parse(text); });
        take_turn(ours, texts, [](const std::string& text) {
            if (const auto manifest = spec::read_manifest(text); !manifest) {
                for (const auto& problem : manifest.error())
                    std::printf("%s\n", spec::to_text("pod", problem).c_str());
                std::exit(1);
            }
        });
    }
    std::printf("%d pods of %d containers, %zu bytes each\n", pods, containers, texts.front().size());
    print("Boost.JSON tree", floor);
    print("read_manifest", ours);
    std::printf("ratio: %.2f in time, %.2f in bytes allocated\n", ours.seconds / floor.seconds,
                static_cast<double>(ours.bytes) / static_cast<double>(floor.bytes));
}
