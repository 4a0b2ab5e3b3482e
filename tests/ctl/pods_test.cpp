// SPDX-License-Identifier: Apache-2.0
// Rows and descriptions. The expected texts follow what kubectl 1.32 prints for the same objects.
#include "tests/catch.hpp"
#include "tools/podctl/describe.hpp"
#include "tools/podctl/print_pods.hpp"
#include "tools/podctl/table.hpp"

#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t now = 1'767'323'105'000; // 2026-01-02T03:05:05Z

spec::ContainerStatus running(bool ready = true) {
    spec::ContainerStatus status{.name = "a", .ready = ready};
    status.state.running = spec::StateRunning{"2026-01-02T03:04:05Z"};
    return status;
}
spec::ContainerStatus waiting(const char* reason) {
    spec::ContainerStatus status{.name = "a"};
    status.state.waiting = spec::StateWaiting{reason, ""};
    return status;
}
spec::ContainerStatus ended(int code, const char* reason) {
    spec::ContainerStatus status{.name = "a"};
    status.state.terminated = spec::StateTerminated{.exit_code = code, .reason = reason};
    return status;
}

spec::PodView view_of(const char* phase, std::vector<spec::ContainerStatus> statuses) {
    spec::PodView view;
    view.pod.metadata.name = "web";
    view.pod.metadata.creation_timestamp = "2026-01-02T03:04:05Z";
    view.pod.spec.containers.resize(statuses.size());
    view.status.phase = phase;
    view.status.container_statuses = std::move(statuses);
    return view;
}

} // namespace

TEST_CASE("a pod's STATUS is the first container's reason, else its own, else its phase") {
    const std::pair<spec::PodView, const char*> rows[] = {
        {view_of("Pending", {}), "Pending"},
        {view_of("Pending", {waiting("ContainerCreating")}), "ContainerCreating"},
        {view_of("Pending", {waiting("")}), "Pending"},
        {view_of("Running", {running()}), "Running"},
        {view_of("Running", {running(), waiting("CrashLoopBackOff")}), "CrashLoopBackOff"},
        {view_of("Running", {ended(1, "Error"), waiting("CrashLoopBackOff")}), "Error"},
        {view_of("Succeeded", {ended(0, "Completed")}), "Completed"},
        {view_of("Failed", {ended(3, "Error")}), "Error"},
        {view_of("Failed", {ended(3, "")}), "ExitCode:3"},
        {view_of("Running", {ended(0, "Completed"), running()}), "NotReady"},
        {view_of("Running", {running(false)}), "Running"},
    };
    for (const auto& [view, expected] : rows)
        CHECK(ctl::pod_status(view) == expected);

    spec::PodView ready = view_of("Running", {ended(0, "Completed"), running()});
    ready.status.conditions = {{.type = "Ready", .status = "True"}};
    CHECK(ctl::pod_status(ready) == "Running");

    spec::PodView evicted = view_of("Failed", {});
    evicted.status.reason = "Evicted";
    CHECK(ctl::pod_status(evicted) == "Evicted");

    spec::PodView leaving = view_of("Running", {waiting("CrashLoopBackOff")});
    leaving.deletion_timestamp = "2026-01-02T03:05:00Z";
    CHECK(ctl::pod_status(leaving) == "Terminating");
    leaving.status.phase = "Failed";
    CHECK(ctl::pod_status(leaving) == "CrashLoopBackOff");
}

TEST_CASE("while its init containers are at work, a pod's STATUS tells how far they are") {
    const auto started = [] {
        spec::ContainerStatus status = running();
        status.started = true;
        return status;
    };
    const struct {
        std::vector<spec::ContainerStatus> init;
        const char* status;
        const char* ready;
    } rows[] = {
        {{running(false), waiting("PodInitializing")}, "Init:0/2", "0/2"},
        {{ended(0, "Completed"), waiting("PodInitializing")}, "Init:1/2", "0/2"},
        {{ended(0, "Completed"), waiting("CrashLoopBackOff")}, "Init:CrashLoopBackOff", "0/2"},
        {{ended(1, "Error"), waiting("PodInitializing")}, "Init:Error", "0/2"},
        {{ended(0, "Completed"), running(false)}, "Init:1/2", "0/2"},
        {{ended(0, "Completed"), started()}, "PodInitializing", "1/2"},
    };
    for (const auto& row : rows) {
        spec::PodView view = view_of("Pending", {waiting("PodInitializing")});
        view.pod.spec.init_containers.resize(2);
        view.pod.spec.init_containers[1].restart_policy = spec::RestartPolicy::Always;
        view.status.init_container_statuses = row.init;
        CHECK(ctl::pod_status(view) == row.status);
        CHECK(ctl::pod_row(view, {}, now)[1] == row.ready);
    }
}

TEST_CASE("the table of pods is kubectl's") {
    spec::PodView web = view_of("Running", {running(), running(false)});
    web.pod.metadata.namespace_ = "site";
    web.pod.metadata.labels = {{"b", "2"}, {"a", "1"}};
    web.pod.spec.node_name = "box";
    web.status.pod_ips = {{"10.0.2.15"}, {"fe80::1"}};
    web.status.container_statuses[0].restart_count = 2;
    web.status.container_statuses[1].restart_count = 1;
    web.status.container_statuses[0].last_state.terminated =
        spec::StateTerminated{.finished_at = "2026-01-02T03:04:00Z"};
    web.status.container_statuses[1].last_state.terminated =
        spec::StateTerminated{.finished_at = "2026-01-02T03:04:20Z"};
    spec::PodView job = view_of("Succeeded", {ended(0, "Completed")});
    job.pod.metadata.name = "long-named-job";
    job.pod.metadata.creation_timestamp.clear();

    const auto shown = [&](ctl::RowOptions options) {
        return ctl::table({ctl::pod_header(options), ctl::pod_row(web, options, now), ctl::pod_row(job, options, now)});
    };
    CHECK(shown({}) == "NAME             READY   STATUS      RESTARTS      AGE\n"
                       "web              1/2     Running     3 (45s ago)   60s\n"
                       "long-named-job   0/1     Completed   0             <unknown>\n");
    CHECK(shown({.wide = true, .with_namespace = true, .show_labels = true}) ==
          "NAMESPACE   NAME             READY   STATUS      RESTARTS      AGE         IP          NODE     NOMINATED "
          "NODE  "
          " READINESS GATES   LABELS\n"
          "site        web              1/2     Running     3 (45s ago)   60s         10.0.2.15   box      <none>      "
          "    "
          " <none>            a=1,b=2\n"
          "default     long-named-job   0/1     Completed   0             <unknown>   <none>      <none>   <none>      "
          "    "
          " <none>            <none>\n");
}

TEST_CASE("a pod is described in kubectl's layout") {
    setenv("TZ", "UTC", 1);
    tzset();
    const auto view = spec::read_pod_object(R"json({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web",
"namespace":"default","uid":"7b0a","creationTimestamp":"2026-01-02T03:04:05Z","labels":{"tier":"front","app":"web"},
"annotations":{"podinit/after":"net","multi":"a\nb"}},
"spec":{"hostNetwork":true,"nodeName":"box","restartPolicy":"Always","terminationGracePeriodSeconds":30,"volumes":[
{"name":"data","hostPath":{"path":"/srv","type":"Directory"}},{"name":"tmp","emptyDir":{}},
{"name":"mem","emptyDir":{"medium":"Memory","sizeLimit":"10Mi"}},{"name":"hp","hostPath":{"path":"/x"}}],
"containers":[{"name":"app","image":"nginx:1","command":["/bin/sh","-c"],"args":["a b","multi\nline"],
"ports":[{"containerPort":80,"hostPort":80,"protocol":"TCP"},{"containerPort":53,"hostPort":53,"protocol":"UDP"}],
"env":[{"name":"A","value":"1"},{"name":"LONG_NAME","value":"x\ny"},{"name":"E"}],
"volumeMounts":[{"name":"data","mountPath":"/srv"},{"name":"tmp","mountPath":"/a/tmp","readOnly":true,"subPath":"s"}]},
{"name":"side","image":"busybox","ports":[{"containerPort":9,"protocol":"TCP"}]}]},
"status":{"phase":"Running","podIP":"10.0.2.15","podIPs":[{"ip":"10.0.2.15"},{"ip":"fe80::1"}],"hostIP":"10.0.2.15",
"qosClass":"BestEffort","startTime":"2026-01-02T03:04:06Z","message":"m","reason":"r","conditions":[
{"type":"PodReadyToStartContainers","status":"True","lastTransitionTime":"2026-01-02T03:04:05Z"},
{"type":"Ready","status":"False","lastTransitionTime":"2026-01-02T03:04:05Z"}],
"containerStatuses":[{"name":"app","ready":true,"restartCount":2,"image":"nginx:1","imageID":"sha:1",
"containerID":"podinit://7b0a/app/2","started":true,"state":{"running":{"startedAt":"2026-01-02T03:05:05Z"}},
"lastState":{"terminated":{"exitCode":1,"reason":"Error","startedAt":"2026-01-02T03:04:07Z",
"finishedAt":"2026-01-02T03:04:37Z"}}},
{"name":"side","ready":false,"restartCount":0,"image":"busybox","imageID":"",
"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}})json");
    REQUIRE(view);
    CHECK(ctl::describe_pod(*view, {}, {}, now) == R"(Name:         web
Namespace:    default
Node:         box/10.0.2.15
Start Time:   Fri, 02 Jan 2026 03:04:06 +0000
Labels:       app=web
              tier=front
Annotations:  multi:
                a
                b
              podinit/after: net
Status:       Running
Reason:       r
Message:      m
IP:           10.0.2.15
IPs:
  IP:  10.0.2.15
  IP:  fe80::1
Containers:
  app:
    Container ID:  podinit://7b0a/app/2
    Image:         nginx:1
    Image ID:      sha:1
    Ports:         80/TCP, 53/UDP
    Host Ports:    80/TCP, 53/UDP
    Command:
      /bin/sh
      -c
    Args:
      a b
      multi
      line
    State:          Running
      Started:      Fri, 02 Jan 2026 03:05:05 +0000
    Last State:     Terminated
      Reason:       Error
      Exit Code:    1
      Started:      Fri, 02 Jan 2026 03:04:07 +0000
      Finished:     Fri, 02 Jan 2026 03:04:37 +0000
    Ready:          True
    Restart Count:  2
    Environment:
      A:          1
      LONG_NAME:  x
                  y
      E:          )"
                                               "\n"
                                               R"(    Mounts:
      /a/tmp from tmp (ro,path="s")
      /srv from data (rw)
  side:
    Container ID:   )"
                                               "\n"
                                               R"(    Image:          busybox
    Image ID:       )"
                                               "\n"
                                               R"(    Port:           9/TCP
    Host Port:      0/TCP
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       Completed
      Exit Code:    0
      Started:      Mon, 01 Jan 0001 00:00:00 +0000
      Finished:     Mon, 01 Jan 0001 00:00:00 +0000
    Ready:          False
    Restart Count:  0
    Environment:    <none>
    Mounts:         <none>
Conditions:
  Type                        Status
  PodReadyToStartContainers   True )"
                                               "\n"
                                               R"(  Ready                       False )"
                                               "\n"
                                               R"(Volumes:
  data:
    Type:          HostPath (bare host directory volume)
    Path:          /srv
    HostPathType:  Directory
  tmp:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:     )"
                                               "\n"
                                               R"(    SizeLimit:  <unset>
  mem:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:     Memory
    SizeLimit:  10Mi
  hp:
    Type:          HostPath (bare host directory volume)
    Path:          /x
    HostPathType:  <none>
QoS Class:         BestEffort
Node-Selectors:    <none>
Tolerations:       <none>
Events:            <none>
)");
}

TEST_CASE("what a container says of itself is described, and cannot steer the terminal") {
    spec::PodView view = view_of("Running", {});
    view.status.conditions.emplace_back();
    view.status.conditions.back().type = "notify.podinit/web";
    view.status.conditions.back().status = "True";
    view.status.conditions.back().reason = "Ready";
    view.status.conditions.push_back(view.status.conditions.back());
    view.status.conditions.back().message = "3 clients\x1b[1m!";
    const std::string text = ctl::describe_pod(view, {}, {}, now);
    CHECK(text.find("  notify.podinit/web   True   Ready\n") != std::string::npos);
    CHECK(text.find("  notify.podinit/web   True   Ready: 3 clients^[[1m!\n") != std::string::npos);
}

TEST_CASE("a long annotation is cut, and what is missing is said") {
    spec::PodView view = view_of("Pending", {});
    view.pod.metadata.annotations = {{"long", std::string(200, 'x')}};
    const std::string text = ctl::describe_pod(view, {}, {}, now);
    CHECK(text.find("Annotations:  long:\n                " + std::string(138, 'x') + "...\n") != text.npos);
    CHECK(text.find("Node:         <none>\nLabels:       <none>\n") != text.npos);
    CHECK(text.find("IP:           \nIPs:          <none>\nContainers:\nVolumes:         <none>\n") != text.npos);
}

TEST_CASE("a pod that is being stopped says since when") {
    spec::PodView view = view_of("Running", {running()});
    view.deletion_timestamp = "2026-01-02T03:05:00Z";
    view.pod.spec.termination_grace_period_seconds = 7;
    const std::string text = ctl::describe_pod(view, {}, {}, now);
    CHECK(text.find("Status:                    Terminating (lasts 5s)\nTermination Grace Period:  7s\n") != text.npos);
}

TEST_CASE("everything that a manifest may ask for is described in kubectl's words") {
    const auto view = spec::read_pod_object(R"json({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web",
"namespace":"site","uid":"7b0a","labels":{"app":"front"},"ownerReferences":[
{"apiVersion":"apps/v1","kind":"StatefulSet","name":"web","uid":"1","controller":true}]},
"spec":{"priority":2000000000,"priorityClassName":"system-cluster-critical","serviceAccountName":"builder",
"nodeName":"box","securityContext":{"seccompProfile":{"type":"Localhost","localhostProfile":"p.json"}},
"nodeSelector":{"kubernetes.io/os":"linux","a":"b"},"readinessGates":[{"conditionType":"x/ready"}],
"tolerations":[{"key":"k","operator":"Equal","value":"v","effect":"NoSchedule"},
{"key":"b","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],
"initContainers":[{"name":"setup","image":"host","securityContext":{"seccompProfile":{"type":"RuntimeDefault"}}}],
"containers":[{"name":"app","image":"nginx:1",
"resources":{"limits":{"memory":"64Mi","cpu":"1"},"requests":{"cpu":"250m"}},
"livenessProbe":{"httpGet":{"path":"/healthz","port":"http","scheme":"HTTPS"},"timeoutSeconds":1,"periodSeconds":10,
"successThreshold":1,"failureThreshold":3},
"readinessProbe":{"exec":{"command":["cat","/tmp/x"]},"initialDelaySeconds":5,"timeoutSeconds":1,"periodSeconds":10,
"successThreshold":1,"failureThreshold":3},
"startupProbe":{"tcpSocket":{"port":80},"timeoutSeconds":1,"periodSeconds":2,"successThreshold":1,"failureThreshold":30},
"envFrom":[{"configMapRef":{"name":"settings"}},{"prefix":"S_","secretRef":{"name":"key","optional":true}}],
"env":[{"name":"NAME","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},
{"name":"APP","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.labels['app']"}}},
{"name":"IP","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"status.podIP"}}},
{"name":"CM","valueFrom":{"configMapKeyRef":{"name":"settings","key":"a"}}},
{"name":"PW","valueFrom":{"secretKeyRef":{"name":"key","key":"password","optional":true}}}]}],
"volumes":[{"name":"c","configMap":{"name":"settings","optional":true}},{"name":"s","secret":{"secretName":"key"}},
{"name":"d","downwardAPI":{"items":[{"path":"labels","fieldRef":{"fieldPath":"metadata.labels"}},
{"path":"cpu","resourceFieldRef":{"containerName":"app","resource":"limits.cpu"}}]}},
{"name":"p","projected":{"sources":[{"configMap":{"name":"settings"}},{"secret":{"name":"key","optional":true}},
{"downwardAPI":{"items":[]}}]}}]},
"status":{"phase":"Pending","qosClass":"Burstable"}})json");
    REQUIRE(view);
    const std::string text = ctl::describe_pod(*view, {{.pointer = "/spec/priority", .message = "ignored"}}, {}, now);
    CAPTURE(text);
    CHECK(text.starts_with(R"(Name:                 web
Namespace:            site
Priority:             2000000000
Priority Class Name:  system-cluster-critical
Service Account:      builder
Node:                 box
Labels:               app=front
Annotations:          <none>
Status:               Pending
SeccompProfile:       Localhost
LocalhostProfile:     p.json
IP:                   
IPs:                  <none>
Controlled By:        StatefulSet/web
Init Containers:
  setup:
    Image:           host
    Port:            <none>
    Host Port:       <none>
    SeccompProfile:  RuntimeDefault
    Environment:     <none>
    Mounts:          <none>
Containers:
  app:
    Image:      nginx:1
    Port:       <none>
    Host Port:  <none>
    Limits:
      cpu:     1
      memory:  64Mi
    Requests:
      cpu:      250m
    Liveness:   http-get https://:http/healthz delay=0s timeout=1s period=10s #success=1 #failure=3
    Readiness:  exec [cat /tmp/x] delay=5s timeout=1s period=10s #success=1 #failure=3
    Startup:    tcp-socket :80 delay=0s timeout=1s period=2s #success=1 #failure=30
    Environment Variables from:
      settings  ConfigMap                Optional: false
      key       Secret with prefix 'S_'  Optional: true
    Environment:
      NAME:  web (v1:metadata.name)
      APP:   front (v1:metadata.labels['app'])
      IP:     (v1:status.podIP)
      CM:    <set to the key 'a' of config map 'settings'>  Optional: false
      PW:    <set to the key 'password' in secret 'key'>    Optional: true
    Mounts:  <none>
Readiness Gates:
  Type      Status
  x/ready   <none> 
Volumes:
  c:
    Type:      ConfigMap (a volume populated by a ConfigMap)
    Name:      settings
    Optional:  true
  s:
    Type:        Secret (a volume populated by a Secret)
    SecretName:  key
    Optional:    false
  d:
    Type:  DownwardAPI (a volume populated by information about the pod)
    Items:
      metadata.labels -> labels
      limits.cpu -> cpu
  p:
    Type:           Projected (a volume that contains injected data from multiple sources)
    ConfigMapName:  settings
    Optional:       false
    SecretName:     key
    Optional:       true
    DownwardAPI:    true
QoS Class:          Burstable
Node-Selectors:     a=b
                    kubernetes.io/os=linux
Tolerations:        b:NoExecute op=Exists for 300s
                    k=v:NoSchedule
Warnings:
  /spec/priority: ignored
)"));
}
