// SPDX-License-Identifier: Apache-2.0
#include "tests/spec/rules.hpp"

using namespace tests;

namespace {

std::string volume(std::string_view members) {
    return spec_with(R"("volumes":[{"name":"v",)" + std::string(members) + "}]");
}

std::string mount(std::string_view members, std::string_view of_container = R"("tty":false)") {
    return container_with(R"("volumeMounts":[{)" + std::string(members) + "}]," + std::string(of_container),
                          R"("volumes":[{"name":"v"}])");
}

const std::string v = "/spec/volumes/0";
const std::string m = "/spec/containers/0/volumeMounts/0";

} // namespace

TEST_CASE("volumes are checked as the API server does") {
    check_each({
        {spec_with(R"("volumes":[{"name":"V"}])"), v + "/name", "DNS-1123 label"},
        {spec_with(R"("volumes":[{}])"), v + "/name", "required value"},
        {spec_with(R"("volumes":[{"name":"v"},{"name":"w"},{"name":"v"}])"), "/spec/volumes/2/name", "duplicate value"},
        {volume(R"("hostPath":{"path":"/a"},"emptyDir":{})"), v, "more than 1 volume type"},
        {volume(R"("configMap":{"name":"a"},"secret":{"secretName":"b"})"), v, "more than 1 volume type"},
        {volume(R"("hostPath":{})"), v + "/hostPath/path", "required value"},
        {volume(R"("hostPath":{"path":""})"), v + "/hostPath/path", "required value"},
        {volume(R"("hostPath":{"path":"a"})"), v + "/hostPath/path", "absolute"},
        {volume(R"("hostPath":{"path":"/a/../b"})"), v + "/hostPath/path", "'..'"},
        {volume(R"("hostPath":{"path":"/a","type":"Dir"})"), v + "/hostPath/type", "unsupported value"},
        {volume(R"("emptyDir":{"sizeLimit":"1 GB"})"), v + "/emptyDir/sizeLimit", "not a quantity"},
        {volume(R"("emptyDir":{"sizeLimit":"-1"})"), v + "/emptyDir/sizeLimit", "greater than"},
        {volume(R"("emptyDir":{"medium":"memory"})"), v + "/emptyDir/medium", "\"Memory\""},
    });
    accept_each({
        volume(R"("hostPath":{"path":"/a/..b"})"),
        volume(R"("emptyDir":{"sizeLimit":"0","medium":"Memory"})"),
        volume(R"("emptyDir":{"sizeLimit":1000})"),
    });
}

TEST_CASE("volumes of ConfigMaps and Secrets are checked as the API server does") {
    const auto items = [](std::string_view item) {
        return volume(R"("configMap":{"name":"a","items":[{)" + std::string(item) + "}]}");
    };
    const std::string item = v + "/configMap/items/0";
    check_each({
        {volume(R"("configMap":{})"), v + "/configMap/name", "required value"},
        {volume(R"("secret":{})"), v + "/secret/secretName", "required value"},
        {volume(R"("configMap":{"name":"a","defaultMode":512})"), v + "/configMap/defaultMode", "0777"},
        {volume(R"("secret":{"secretName":"a","defaultMode":-1})"), v + "/secret/defaultMode", "0777"},
        {items(R"("path":"a")"), item + "/key", "required value"},
        {items(R"("key":"a")"), item + "/path", "required value"},
        {items(R"("key":"a","path":"/a")"), item + "/path", "relative"},
        {items(R"("key":"a","path":"a/../b")"), item + "/path", "must not contain '..'"},
        {items(R"("key":"a","path":"..")"), item + "/path", "must not contain '..'"},
        {items(R"("key":"a","path":"..data")"), item + "/path", "must not start with '..'"},
        {items(R"("key":"a","path":"a","mode":512)"), item + "/mode", "0777"},
        {volume(R"("secret":{"secretName":"a","items":[{"key":"a","path":"/b"}]})"), v + "/secret/items/0/path",
         "relative"},
    });
    accept_each({
        items(R"("key":"a","path":"a/..b","mode":511},{"key":"b","path":"a/..b","mode":0)"),
        volume(R"("secret":{"secretName":"a","defaultMode":511,"optional":true})"),
    });
}

TEST_CASE("downward API volumes are checked as the API server does") {
    const auto file = [](std::string_view members) {
        return volume(R"("downwardAPI":{"items":[{"path":"f",)" + std::string(members) + "}]}");
    };
    const auto resource = [&](std::string_view members) {
        return file(R"("resourceFieldRef":{)" + std::string(members) + '}');
    };
    const std::string at = v + "/downwardAPI/items/0";
    const std::string field = at + "/fieldRef/fieldPath";
    const std::string ref = at + "/resourceFieldRef";
    check_each({
        {file(R"("mode":0)"), at, "must have one of fieldRef, resourceFieldRef"},
        {file(R"("fieldRef":{"fieldPath":"metadata.name"},)"
              R"("resourceFieldRef":{"containerName":"c","resource":"limits.cpu"})"),
         at, "only one of"},
        {volume(R"("downwardAPI":{"items":[{"path":"../f","fieldRef":{"fieldPath":"metadata.uid"}}]})"), at + "/path",
         "'..'"},
        {file(R"("fieldRef":{"fieldPath":""})"), field, "required value"},
        {file(R"("fieldRef":{"fieldPath":"status.podIP"})"), field, "supported values: metadata.name"},
        {file(R"("fieldRef":{"fieldPath":"metadata.labels[app]"})"), field, "metadata.labels['KEY']"},
        {file(R"("fieldRef":{"fieldPath":"metadata.labels['a b']"})"), field, "qualified name"},
        {file(R"("fieldRef":{"fieldPath":"metadata.labels['']"})"), field, "qualified name"},
        {file(R"("fieldRef":{"fieldPath":"metadata.labels['A.b/c']"})"), field, "qualified name"},
        {file(R"("fieldRef":{"fieldPath":"metadata.name['a']"})"), field, "unsupported value"},
        {file(R"("fieldRef":{"apiVersion":"v2","fieldPath":"metadata.name"})"), at + "/fieldRef/apiVersion", "v1"},
        {resource(R"("resource":"limits.cpu")"), ref + "/containerName", "required value"},
        {resource(R"("containerName":"d","resource":"limits.cpu")"), ref + "/containerName", "no container"},
        {resource(R"("containerName":"c","resource":"")"), ref + "/resource", "required value"},
        {resource(R"("containerName":"c","resource":"cpu")"), ref + "/resource", "limits.cpu, limits.memory"},
        {resource(R"("containerName":"c","resource":"limits.cpu","divisor":"1k")"), ref + "/divisor", "1, 1m"},
        {resource(R"("containerName":"c","resource":"limits.memory","divisor":"1m")"), ref + "/divisor", "1Ki to 1Ei"},
    });
    accept_each({
        file(R"("fieldRef":{"fieldPath":"metadata.labels"},"mode":256)"),
        file(R"("fieldRef":{"fieldPath":"metadata.labels['a.b/C']"})"),
        file(R"("fieldRef":{"fieldPath":"metadata.annotations['A.b/c']"})"),
        resource(R"("containerName":"c","resource":"limits.cpu","divisor":"1m")"),
        resource(R"("containerName":"c","resource":"requests.hugepages-2Mi","divisor":"1Mi")"),
        resource(R"("containerName":"c","resource":"requests.memory","divisor":1)"),
    });
}

TEST_CASE("projected volumes are checked as the API server does") {
    const auto sources = [](std::string_view list) {
        return volume(R"("projected":{"sources":[)" + std::string(list) + "]}");
    };
    const std::string at = v + "/projected/sources";
    check_each({
        {sources(R"({"configMap":{"name":"a"},"secret":{"name":"b"}})"), at + "/0", "more than 1 volume type"},
        {sources(R"({"configMap":{"name":"a"}},{"secret":{}})"), at + "/1/secret/name", "required value"},
        {sources(R"({"configMap":{"name":"a","items":[{"key":"k","path":"f"}]}},)"
                 R"({"downwardAPI":{"items":[{"path":"f","fieldRef":{"fieldPath":"metadata.name"}}]}})"),
         at + "/1/downwardAPI/items/0/path", "conflicting duplicate path \"f\""},
        {sources(R"({"secret":{"name":"a","items":[{"key":"k","path":"f"},{"key":"l","path":"f"}]}})"),
         at + "/0/secret/items/1/path", "conflicting duplicate path \"f\""},
        {volume(R"("projected":{"sources":[],"defaultMode":512})"), v + "/projected/defaultMode", "0777"},
    });
    accept_each({
        sources(R"({"configMap":{"name":"a","items":[{"key":"k","path":"f"}]}},)"
                R"({"secret":{"name":"a","items":[{"key":"k","path":"g"}]}})"),
        sources(""),
    });
}

TEST_CASE("volume mounts are checked as the API server does") {
    check_each({
        {mount(R"("name":"w","mountPath":"/w")"), m + "/name", "no volume of this pod"},
        {mount(R"("name":"","mountPath":"/w")"), m + "/name", "required value"},
        {mount(R"("name":"v","mountPath":"")"), m + "/mountPath", "required value"},
        {mount(R"("name":"v","mountPath":"/a:b")"), m + "/mountPath", "':'"},
        {mount(R"("name":"v","mountPath":"/a"},{"name":"v","mountPath":"a")"),
         "/spec/containers/0/volumeMounts/1/mountPath", "mounted already"},
        {mount(R"("name":"v","mountPath":"/a","subPath":"/b")"), m + "/subPath", "relative"},
        {mount(R"("name":"v","mountPath":"/a","subPath":"b/..")"), m + "/subPath", "'..'"},
        {mount(R"("name":"v","mountPath":"/a","subPathExpr":"/$(A)b")"), m + "/subPathExpr", "relative"},
        {mount(R"("name":"v","mountPath":"/a","subPathExpr":"../$(A)b")"), m + "/subPathExpr", "'..'"},
        {mount(R"("name":"v","mountPath":"/a","subPath":"b","subPathExpr":"$(A)b")"), m + "/subPathExpr",
         "beside subPath"},
        {mount(R"("name":"v","mountPath":"/a","mountPropagation":"Bidirectional")"), m + "/mountPropagation",
         "privileged"},
        {mount(R"("name":"v","mountPath":"/a","mountPropagation":"Both")"), m + "/mountPropagation",
         "unsupported value"},
        {mount(R"("name":"v","mountPath":"/a","recursiveReadOnly":"Enabled")"), m + "/recursiveReadOnly",
         "readOnly is true"},
        {mount(R"("name":"v","mountPath":"/a","readOnly":true,"recursiveReadOnly":"IfPossible",)"
               R"("mountPropagation":"HostToContainer")"),
         m + "/recursiveReadOnly", "mountPropagation is None"},
    });
    accept_each({
        mount(R"("name":"v","mountPath":"/a","subPath":"b/..c"},{"name":"v","mountPath":"/b")"),
        mount(R"("name":"v","mountPath":"/a","subPathExpr":"$(A)/b")"),
        mount(R"("name":"v","mountPath":"/a","mountPropagation":"Bidirectional")",
              R"("securityContext":{"privileged":true})"),
        mount(R"("name":"v","mountPath":"/a","recursiveReadOnly":"Disabled")"),
        mount(R"("name":"v","mountPath":"/a","readOnly":true,"recursiveReadOnly":"Enabled","mountPropagation":"None")"),
    });
}

TEST_CASE("a mount finds its volume among many") {
    std::string volumes;
    for (int i = 0; i < 40; ++i)
        volumes += R"({"name":"v)" + std::to_string(i) + "\"},";
    const std::string all = R"("volumes":[)" + volumes + R"({"name":"v"}])";
    accept_each(
        {container_with(R"("volumeMounts":[{"name":"v7","mountPath":"/a"},{"name":"v39","mountPath":"/b"}])", all)});
    check_each({
        {container_with(R"("volumeMounts":[{"name":"v40","mountPath":"/a"}])", all), m + "/name", "no volume"},
        {spec_with(R"("volumes":[)" + volumes + R"({"name":"v17"}])"), "/spec/volumes/40/name", "duplicate value"},
    });
}
