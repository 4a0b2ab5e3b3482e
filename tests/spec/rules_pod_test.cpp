// SPDX-License-Identifier: Apache-2.0
#include "tests/spec/rules.hpp"

using namespace tests;

namespace {

// A pod called p in the namespace default, with two containers.
std::string pair_with(std::string_view first, std::string_view second,
                      std::string_view of_spec = R"("hostIPC":false)") {
    return pod_with(R"("spec":{"containers":[{"name":"a","image":"host",)" + std::string(first) +
                    R"(},{"name":"b","image":"host",)" + std::string(second) + "}]," + std::string(of_spec) + '}');
}

std::string init_with(std::string_view members) {
    return spec_with(R"("initContainers":[{"name":"i","image":"host",)" + std::string(members) + "}]");
}

} // namespace

TEST_CASE("deadlines, priorities and the operating system are checked as the API server does") {
    check_each({
        {spec_with(R"("activeDeadlineSeconds":0)"), "/spec/activeDeadlineSeconds", "between 1 and 2147483647"},
        {spec_with(R"("activeDeadlineSeconds":2147483648)"), "/spec/activeDeadlineSeconds", "between 1"},
        {spec_with(R"("priorityClassName":"High")"), "/spec/priorityClassName", "DNS-1123 subdomain"},
        {spec_with(R"("priorityClassName":"system-node-critical","priority":7)"), "/spec/priority",
         "must be 2000001000"},
        {spec_with(R"("priorityClassName":"system-node-critical","priority":0)"), "/spec/priority",
         "must be 2000001000"},
        {spec_with(R"("priorityClassName":"system-cluster-critical","priority":2000001000)"), "/spec/priority",
         "must be 2000000000"},
        {spec_with(R"("os":{"name":"windows"})"), "/spec/os/name", "must be linux"},
        {spec_with(R"("os":{"name":"plan9"})"), "/spec/os/name", "unsupported value"},
        {spec_with(R"("nodeSelector":{"kubernetes.io/os":"windows"})"), "/spec/nodeSelector/kubernetes.io~1os",
         "linux"},
        {spec_with(R"("nodeSelector":{"beta.kubernetes.io/os":""})"), "/spec/nodeSelector/beta.kubernetes.io~1os",
         "linux"},
        {spec_with(R"("nodeSelector":{"a b":"c"})"), "/spec/nodeSelector/a b", "qualified name"},
        {spec_with(R"("nodeSelector":{"a":"c d"})"), "/spec/nodeSelector/a", "label's value"},
        {spec_with(R"("readinessGates":[{"conditionType":"a/b/c"}])"), "/spec/readinessGates/0/conditionType",
         "qualified name"},
    });
    accept_each({
        spec_with(R"("activeDeadlineSeconds":1)"),
        spec_with(R"("activeDeadlineSeconds":2147483647)"),
        spec_with(R"("terminationGracePeriodSeconds":-1)"),
        spec_with(R"("priorityClassName":"system-node-critical","priority":2000001000)"),
        spec_with(R"("priorityClassName":"high","priority":7)"),
        spec_with(R"("os":{"name":"linux"})"),
        spec_with(R"("nodeSelector":{"kubernetes.io/os":"linux","disk":""})"),
        spec_with(R"("readinessGates":[{"conditionType":"www.example.com/feature-1"}])"),
    });
}

TEST_CASE("host namespaces are checked as the API server does") {
    check_each({
        {spec_with(R"("hostUsers":false,"hostNetwork":true)"), "/spec/hostNetwork", "hostUsers is false"},
        {spec_with(R"("hostUsers":false,"hostPID":true)"), "/spec/hostPID", "hostUsers is false"},
        {spec_with(R"("hostUsers":false,"hostIPC":true)"), "/spec/hostIPC", "hostUsers is false"},
        {spec_with(R"("hostPID":true,"shareProcessNamespace":true)"), "/spec/shareProcessNamespace", "hostPID"},
    });
    accept_each({
        spec_with(R"("hostUsers":true,"hostNetwork":true,"hostPID":true,"hostIPC":true)"),
        spec_with(R"("hostPID":true,"shareProcessNamespace":false)"),
        spec_with(R"("hostUsers":false,"shareProcessNamespace":true)"),
    });
}

TEST_CASE("host names are checked as the API server does") {
    const std::string long_name = std::string(60, 'a') + ".bcde"; // 65 characters
    check_each({
        {spec_with(R"("hostname":")" + std::string(64, 'a') + "\""), "/spec/hostname", "DNS-1123 label"},
        {spec_with(R"("subdomain":"a.b")"), "/spec/subdomain", "DNS-1123 label"},
        {spec_with(R"("nodeName":"A")"), "/spec/nodeName", "DNS-1123 subdomain"},
        {spec_with(R"("hostnameOverride":"a_b")"), "/spec/hostnameOverride", "DNS-1123 subdomain"},
        {spec_with(R"("hostnameOverride":")" + long_name + "\""), "/spec/hostnameOverride", "64 characters"},
        {spec_with(R"("hostnameOverride":"a.b","hostNetwork":true)"), "/spec/hostnameOverride", "hostNetwork"},
        {spec_with(R"("hostnameOverride":"a.b","setHostnameAsFQDN":true)"), "/spec/hostnameOverride",
         "setHostnameAsFQDN"},
    });
    const auto fqdn = [](std::size_t subdomain) { // p.SUBDOMAIN.default.svc
        return spec_with(R"("setHostnameAsFQDN":true,"subdomain":")" + std::string(subdomain, 'a') + "\"");
    };
    check_each({{fqdn(51), "/spec/setHostnameAsFQDN", "at most 64 characters, and has 65"}});
    accept_each({
        fqdn(50),
        spec_with(R"("hostname":")" + std::string(63, 'a') + "\""),
        spec_with(R"("hostname":"a","subdomain":"b","setHostnameAsFQDN":true)"),
        spec_with(R"("hostnameOverride":")" + long_name.substr(1) + "\""),
    });
}

TEST_CASE("DNS settings are checked as the API server does") {
    const auto dns = [](std::string_view members) {
        return spec_with(R"("dnsConfig":{)" + std::string(members) + '}');
    };
    const auto searches = [&](const std::string& list) { return dns(R"("searches":[)" + list + "]"); };
    const std::string label = std::string(63, 'a');
    const std::string domain = '"' + label + '.' + label + '.' + label + '.' + label.substr(0, 60) + '"'; // 252
    check_each({
        {spec_with(R"("dnsPolicy":"None")"), "/spec/dnsConfig", "at least one nameserver"},
        {spec_with(R"("dnsPolicy":"None","dnsConfig":{"searches":["a"]})"), "/spec/dnsConfig/nameservers",
         "at least one nameserver"},
        {dns(R"("nameservers":["a"])"), "/spec/dnsConfig/nameservers/0", "not an IP address"},
        {dns(R"("nameservers":["1.2.3.4","1.2.3.04"])"), "/spec/dnsConfig/nameservers/1", "not an IP address"},
        {dns(R"("nameservers":["fe80::1%eth0"])"), "/spec/dnsConfig/nameservers/0", "not an IP address"},
        {dns(R"("nameservers":["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"])"), "/spec/dnsConfig/nameservers", "at most 3"},
        {searches(repeated("\"a\"", 33, ",")), "/spec/dnsConfig/searches", "at most 32"},
        {searches(repeated(domain, 9, ",")), "/spec/dnsConfig/searches", "2048 characters"},
        {searches(R"("a","b c")"), "/spec/dnsConfig/searches/1", "not a domain"},
        {searches(R"("")"), "/spec/dnsConfig/searches/0", "not a domain"},
        {searches(R"("..")"), "/spec/dnsConfig/searches/0", "not a domain"},
        {searches(R"("a-")"), "/spec/dnsConfig/searches/0", "not a domain"},
        {dns(R"("options":[{"value":"2"}])"), "/spec/dnsConfig/options/0/name", "required value"},
    });
    accept_each({
        spec_with(R"("dnsPolicy":"None","dnsConfig":{"nameservers":["1.2.3.4","::1","::ffff:1.2.3.4"]})"),
        searches(repeated("\"a\"", 32, ",")),
        searches(repeated(domain, 8, ",") + R"(,"aaaaaaaaaaaaaaaaaaaaa","a")"), // 8 * 252 + 21 + 1 + 9 = 2047
        searches(R"(".","a.b.","_ldap._tcp.example","a_b")"),
        dns(R"("options":[{"name":"ndots","value":"2"},{"name":"edns0"}])"),
    });
}

TEST_CASE("host aliases are checked as the API server does") {
    const auto alias = [](std::string_view members) {
        return spec_with(R"("hostAliases":[{)" + std::string(members) + "}]");
    };
    check_each({
        {alias(R"("ip":"localhost","hostnames":["a"])"), "/spec/hostAliases/0/ip", "not an IP address"},
        {alias(R"("ip":"127.0.0.1","hostnames":["a","b_c"])"), "/spec/hostAliases/0/hostnames/1", "DNS-1123 subdomain"},
    });
    accept_each({alias(R"("ip":"2001:db8::1","hostnames":["a","b.c"])"), alias(R"("ip":"127.0.0.1")")});
}

TEST_CASE("names are unique over containers and init containers") {
    check_each({
        {init_with(R"("command":["a"]},{"name":"c","image":"host")"), "/spec/initContainers/1/name",
         "duplicate value: \"c\""},
        {init_with(R"("command":["a"]},{"name":"i","image":"host")"), "/spec/initContainers/1/name",
         "duplicate value: \"i\""},
        {pod_with(R"("spec":{"containers":[)" + repeated(R"({"name":"c","image":"host"})", 250, ",") +
                  R"(],"initContainers":[{"name":"i","image":"host"}]})"),
         "/spec/containers", "at most 250"},
    });
}

TEST_CASE("no two containers take the same port of the machine") {
    const std::string_view port = R"("ports":[{"containerPort":80,"hostPort":8080}])";
    check_each({
        {pair_with(port, port), "/spec/containers/1/ports/0/hostPort", "duplicate value: 8080"},
        {pair_with(R"("ports":[{"containerPort":80}])", R"("ports":[{"containerPort":80}])", R"("hostNetwork":true)"),
         "/spec/containers/1/ports/0/hostPort", "duplicate value: 80"},
        {init_with(R"("ports":[{"containerPort":1,"hostPort":9},{"containerPort":2,"hostPort":9}])"),
         "/spec/initContainers/0/ports/1/hostPort", "duplicate value: 9"},
    });
    accept_each({
        pair_with(port, R"("ports":[{"containerPort":80,"hostPort":8080,"protocol":"UDP"}])"),
        pair_with(port, R"("ports":[{"containerPort":80,"hostPort":8080,"hostIP":"127.0.0.1"}])"),
        pair_with(R"("ports":[{"containerPort":80}])", R"("ports":[{"containerPort":80}])"),
        init_with(R"("ports":[{"containerPort":1,"hostPort":9}]},{"name":"j","image":"host",)"
                  R"("ports":[{"containerPort":1,"hostPort":9}])"),
    });
}

TEST_CASE("what is said to the scheduler is checked, though ignored") {
    const auto toleration = [](std::string_view members) {
        return spec_with(R"("tolerations":[{)" + std::string(members) + "}]");
    };
    const auto spread = [](std::string_view members) {
        return spec_with(R"("topologySpreadConstraints":[{"topologyKey":"zone",)" + std::string(members) + "}]");
    };
    const std::string t = "/spec/tolerations/0";
    const std::string s = "/spec/topologySpreadConstraints/0";
    check_each({
        {toleration(""), t + "/operator", "must be \"Exists\""},
        {toleration(R"("key":"a b")"), t + "/key", "qualified name"},
        {toleration(R"("key":"a","operator":"In")"), t + "/operator", "\"Exists\", \"Equal\""},
        {toleration(R"("key":"a","value":"b c")"), t + "/value", "label's value"},
        {toleration(R"("operator":"Exists","value":"b")"), t + "/value", "must be empty"},
        {toleration(R"("operator":"Exists","effect":"Never")"), t + "/effect", "\"NoExecute\""},
        {toleration(R"("operator":"Exists","tolerationSeconds":1)"), t + "/effect", "must be \"NoExecute\""},
        {spread(R"("maxSkew":0,"whenUnsatisfiable":"DoNotSchedule")"), s + "/maxSkew", "equal to 1"},
        {spread(R"("maxSkew":1)"), s + "/whenUnsatisfiable", "required value"},
        {spread(R"("maxSkew":1,"whenUnsatisfiable":"Never")"), s + "/whenUnsatisfiable", "\"ScheduleAnyway\""},
        {spread(R"("maxSkew":1,"whenUnsatisfiable":"ScheduleAnyway","minDomains":1)"), s + "/minDomains",
         "DoNotSchedule"},
        {spread(R"("maxSkew":1,"whenUnsatisfiable":"DoNotSchedule","nodeTaintsPolicy":"No")"), s + "/nodeTaintsPolicy",
         "\"Honor\""},
    });
    accept_each({
        toleration(R"("operator":"Exists"},{"key":"a/b","value":"c","effect":"NoExecute","tolerationSeconds":0)"),
        spread(R"("maxSkew":1,"whenUnsatisfiable":"DoNotSchedule","minDomains":1,"nodeAffinityPolicy":"Ignore")"),
    });
}
